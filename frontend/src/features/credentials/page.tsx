// The credentials page.
export function CredentialsPage() {
  return null;
}
