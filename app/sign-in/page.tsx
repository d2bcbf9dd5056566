import type { Metadata } from "next";
import { AuthFrame } from "@/components/auth/AuthFrame";
import { SignInForm } from "@/components/auth/SignInForm";

export const metadata: Metadata = { title: "Sign in" };

export default function SignInPage() {
  return (
    <AuthFrame
      title="Sign in"
      description="Accounts are by invite: an owner sends you a link. Forgot the password? An owner makes a reset link."
    >
      <SignInForm />
    </AuthFrame>
  );
}
