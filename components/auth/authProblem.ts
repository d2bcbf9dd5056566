import { errorText } from "@/components/ui/errorText";

/** The sentence for a failed sign-in or sign-up, both of which go through the web server. */
export function authProblem(error: unknown): string {
  if (error instanceof TypeError) return "The web server did not answer. Is it still running?";
  return errorText(error);
}
