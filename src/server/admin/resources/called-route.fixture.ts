import { ConfigFolder } from '../../../config/config-file.fixture.ts';
import type { RouteConfig } from '../../../config/schema.ts';

const YAML = `
upstreams:
  score: { url: "sandbox:" }
  free: { url: "http://a.test", retry: { attempts: 2 } }
routes:
  - path: /proxy/score
    methods: [GET]
    upstream: score
    params:
      cpf: { required: true, pattern: cpf }
      priority: { control: urgency }
    client: { header: client-id, required: true }
    cache: { ttl: 60s }
    timeout: 10s
  - { path: /data, methods: [POST], upstream: score, body: json, client_limit: { limit: 10 per 60s } }
  - { path: /data, methods: [PUT], upstream: free }
  - { path: /free/*, upstream: free, urgency: 5 }
  - { path: /free/score/*, upstream: score }
  - { path: /named, upstream: score, params: { q: { required: true, pattern: "[a-z]+" } } }
`;

/** Routes of a configuration, for the upstreams of the admin fixture. */
export function fixtureRoutes(): readonly RouteConfig[] {
  const folder = new ConfigFolder();
  try {
    return folder.loaded(YAML).config.routes;
  } finally {
    folder.remove();
  }
}
