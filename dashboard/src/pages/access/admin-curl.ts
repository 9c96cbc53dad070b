import { apiUrl } from '../../api/client.ts';
import type { Session } from '../../api/types.ts';

/** A call of the admin API for a shell. A token stays a variable: it never stands in the page. */
export function adminCurl(session: Session | undefined, path: string, json?: object): string {
  const token = session?.token_required === true ? ` \\\n  -H "Authorization: Bearer \${ADMIN_TOKEN:?}"` : '';
  const body =
    json === undefined
      ? ''
      : ` \\\n  -H 'Content-Type: application/json' \\\n  -d '${JSON.stringify(json).replaceAll("'", "'\\''")}'`;
  return `curl -s ${apiUrl(path).href}${token}${body}`;
}
