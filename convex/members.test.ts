import { expect, test } from "vitest";
import { api } from "./_generated/api";
import { newBackend, newMember } from "./test.setup";

test("the last owner can be neither removed nor demoted, and only owners may try", async () => {
  const backend = newBackend();
  const [owner, other] = [await newMember(backend, "owner"), await newMember(backend, "owner")];
  const admin = await newMember(backend, "admin");
  const refusal = (code: string) => ({ data: { code } });
  for (const attempt of [
    admin.as.mutation(api.members.remove, { memberId: other.memberId }),
    admin.as.mutation(api.members.changeRole, { memberId: admin.memberId, role: "owner" }),
  ]) {
    await expect(attempt).rejects.toMatchObject(refusal("forbidden"));
  }
  await owner.as.mutation(api.members.remove, { memberId: other.memberId });
  const { memberId } = owner;
  for (const attempt of [
    owner.as.mutation(api.members.remove, { memberId }),
    owner.as.mutation(api.members.changeRole, { memberId, role: "admin" }),
  ]) {
    await expect(attempt).rejects.toMatchObject(refusal("lastOwner"));
  }
  await owner.as.mutation(api.members.changeRole, { memberId: admin.memberId, role: "owner" });
  await admin.as.mutation(api.members.remove, { memberId });
  expect(await owner.as.query(api.members.viewer, {})).toBeNull();
});
