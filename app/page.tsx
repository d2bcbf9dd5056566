import { convexAuthNextjsToken } from "@convex-dev/auth/nextjs/server";
import { redirect } from "next/navigation";

export default async function HomePage() {
  redirect((await convexAuthNextjsToken()) === undefined ? "/sign-in" : "/chat");
}
