import { keepToken } from '../api/token.ts';

/** Forgets the token, and everything that this page has learnt with it. */
export function signOut(): void {
  keepToken(undefined);
  location.reload();
}
