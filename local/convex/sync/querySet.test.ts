import { expect, test } from "vitest";
import { ProtocolError } from "./protocolError.ts";
import { QuerySet } from "./querySet.ts";
import { decodeTs, encodeTs } from "./timestamp.ts";

const RESULT_A = '"type":"QueryUpdated","value":"a","logLines":[],"journal":null';
const RESULT_B = '"type":"QueryUpdated","value":"b","logLines":[],"journal":null';

function add(queryId: number) {
  return { type: "Add" as const, queryId, udfPath: "messages:list", args: [{}] };
}
function modify(
  baseVersion: number,
  ...modifications: (ReturnType<typeof add> | { type: "Remove"; queryId: number })[]
) {
  return { type: "ModifyQuerySet" as const, baseVersion, newVersion: baseVersion + 1, modifications };
}
function parse(transition: string | null) {
  return JSON.parse(transition ?? "null");
}

test("each Transition starts where the one before ended", () => {
  const querySet = new QuerySet();
  querySet.modify(modify(0, add(0)));
  const first = parse(querySet.transition(5n, new Map([[0, RESULT_A]])));
  querySet.advanceIdentity();
  const second = parse(querySet.transition(6n, new Map([[0, RESULT_B]])));
  expect(first.startVersion).toEqual({ querySet: 0, identity: 0, ts: "AAAAAAAAAAA=" });
  expect(first.endVersion).toEqual({ querySet: 1, identity: 0, ts: encodeTs(5n) });
  expect(second.startVersion).toEqual(first.endVersion);
  expect(second.endVersion).toEqual({ querySet: 1, identity: 1, ts: encodeTs(6n) });
});

test("an unchanged result is not sent again", () => {
  const querySet = new QuerySet();
  querySet.modify(modify(0, add(0), add(1)));
  querySet.transition(
    5n,
    new Map([
      [0, RESULT_A],
      [1, RESULT_A],
    ]),
  );
  const results = new Map([
    [0, RESULT_A],
    [1, RESULT_B],
  ]);
  expect(parse(querySet.transition(6n, results)).modifications).toEqual([
    { type: "QueryUpdated", queryId: 1, value: "b", logLines: [], journal: null },
  ]);
  expect(querySet.transition(7n, results)).toBeNull();
});

test("after a mutation an empty Transition is sent", () => {
  const querySet = new QuerySet();
  const transition = parse(querySet.transition(9n, new Map(), true));
  expect(transition.modifications).toEqual([]);
  expect(decodeTs(transition.endVersion.ts)).toBe(9n);
});

test("every change of the query set is answered, also one that was undone at once", () => {
  const querySet = new QuerySet();
  expect(querySet.modify(modify(0, add(0)))).toMatchObject({ added: [{ queryId: 0 }], removed: [] });
  expect(querySet.modify(modify(1, { type: "Remove", queryId: 0 }))).toEqual({ added: [], removed: [0] });
  expect(querySet.isBehind).toBe(true);
  const transition = parse(querySet.transition(1n, new Map()));
  expect(transition.endVersion.querySet).toBe(2);
  expect(transition.modifications).toEqual([{ type: "QueryRemoved", queryId: 0 }]);
});

test("a message built on another version is abuse", () => {
  const querySet = new QuerySet();
  expect(() => querySet.modify(modify(3, add(0)))).toThrow(ProtocolError);
  expect(() => querySet.checkIdentityBase(1)).toThrow(ProtocolError);
  querySet.modify(modify(0, add(0)));
  expect(() => querySet.modify(modify(1, add(0)))).toThrow(ProtocolError);
  expect(() => querySet.modify(modify(1, { type: "Remove", queryId: 7 }))).toThrow(ProtocolError);
});
