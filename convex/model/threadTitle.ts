const TITLE_CHARACTERS_MAX = 60;

/** The first 60 characters of a prompt on one line; cut between code points, so the title stays valid Unicode. */
export function threadTitle(prompt: string): string {
  const characters = [
    ...prompt
      .slice(0, 1000)
      .replace(/\p{Surrogate}/gu, "")
      .replace(/\s+/g, " ")
      .trim(),
  ];
  if (characters.length <= TITLE_CHARACTERS_MAX) return characters.join("") || "New chat";
  return `${characters.slice(0, TITLE_CHARACTERS_MAX).join("").trimEnd()}…`;
}
