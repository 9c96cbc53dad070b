import { type Answer, call } from './score.ts';

/** The admin API of a gateway. */
export interface Admin {
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Adds a rule; throws unless it is 201. */
  addRule(rule: Record<string, unknown>): Promise<Answer>;
}

export function adminOf(adminUrl: string, common: Record<string, string> = {}): Admin {
  const at = (path: string) => `${adminUrl}/api/v1${path}`;
  const admin: Admin = {
    get: (path, headers = {}) => call(at(path), { headers: { ...common, ...headers } }),
    send: (method, path, body, headers = {}) =>
      call(at(path), {
        method,
        headers: {
          ...common,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    addRule: async (rule) => {
      const answer = await admin.send('POST', '/rules', rule);
      if (answer.status !== 201) throw new Error(`the rule was not added: ${answer.status} ${answer.text}`);
      return answer;
    },
  };
  return admin;
}
