/** The form in which addresses are stored and compared; null when it is no address. */
export function normalizeEmail(email: string): string | null {
  const normalized = email.trim().toLowerCase();
  return /^[^\s@]+@[^\s@]+$/.test(normalized) ? normalized : null;
}
