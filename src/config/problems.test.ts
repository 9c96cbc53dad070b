// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration’s own variables look like that
import { afterAll, describe, expect, test } from 'bun:test';
import { ConfigFolder, withRoute, withTop, withUpstream } from './config-file.fixture.ts';

const folder = new ConfigFolder();
afterAll(() => folder.remove());

describe('a wrong configuration is told by line, column and path', () => {
  test.each<[string, string, string[]]>([
    [
      'an unknown key',
      withUpstream('limts: ["1 per 1s"]'),
      ['comporta.yaml:4:5 upstreams.a.limts: unknown key `limts`; did you mean `limits`?'],
    ],
    [
      'an unknown key like no other',
      withTop('log: { zzz: 1 }'),
      ['comporta.yaml:1:8 log.zzz: unknown key `zzz`; known: level, access'],
    ],
    [
      'a rate',
      withUpstream('limits: ["1 per 1s", often]'),
      [
        'comporta.yaml:4:26 upstreams.a.limits[1]: expected a rate such as "1 per 1s" or "1000 per 1d", got `often`',
      ],
    ],
    [
      'a rate of nothing',
      withUpstream('limits:\n  - 0 per 1s'),
      [
        'comporta.yaml:5:9 upstreams.a.limits[0]: expected a rate such as "1 per 1s" or "1000 per 1d", got `0 per 1s`',
      ],
    ],
    [
      'a limit written as a mapping',
      withUpstream('limits: [{ rate: 1 per 1s, evn: true }]'),
      ['comporta.yaml:4:32 upstreams.a.limits[0].evn: unknown key `evn`; did you mean `even`?'],
    ],
    [
      'a limit without its rate',
      withUpstream('limits: [{ even: true }]'),
      [
        'comporta.yaml:4:14 upstreams.a.limits[0].rate: is required: expected a rate such as "1 per 1s" or "1000 per 1d"',
      ],
    ],
    [
      'a duration without a unit',
      withUpstream('timeout: 10'),
      [
        'comporta.yaml:4:14 upstreams.a.timeout: expected a duration, got `10` without a unit; write 10s or 10ms',
      ],
    ],
    [
      'a duration that is none',
      withUpstream('timeout: soon'),
      [
        'comporta.yaml:4:14 upstreams.a.timeout: expected a duration such as 500ms, 10s, 1m or 1d, got `soon`',
      ],
    ],
    [
      'a value that is missing',
      withUpstream('timeout:'),
      [
        'comporta.yaml:4:5 upstreams.a.timeout: expected a duration such as 500ms, 10s, 1m or 1d, got nothing',
      ],
    ],
    [
      'a size without a unit',
      withTop('max_body: 10'),
      ['comporta.yaml:1:11 max_body: expected a size, got `10` without a unit; write 10b or 10kb'],
    ],
    [
      'a whole number',
      withUpstream('queue: { max_size: 1.5 }'),
      [
        'comporta.yaml:4:24 upstreams.a.queue.max_size: expected a whole number from 0 to 1,000,000, got `1.5`',
      ],
    ],
    [
      'a word',
      withUpstream('queue: { policy: fiffo }'),
      [
        'comporta.yaml:4:22 upstreams.a.queue.policy: expected one of fifo, priority, fair, got `fiffo`; did you mean `fifo`?',
      ],
    ],
    [
      'true or false',
      withUpstream('tls: { verify: yes }'),
      ['comporta.yaml:4:20 upstreams.a.tls.verify: expected true or false, got `yes`'],
    ],
    [
      'a share',
      withUpstream('breaker: { failure_rate: { threshold: 150% } }'),
      ['comporta.yaml:4:43 upstreams.a.breaker.failure_rate.threshold: must be at most 100%'],
    ],
    [
      'a guard',
      withUpstream('guard: 2'),
      [
        'comporta.yaml:4:12 upstreams.a.guard: expected a share such as 2%, or a duration such as 20ms, got `2`',
      ],
    ],
    [
      'a failure class',
      withUpstream('breaker: { failures: [5xx, 700] }'),
      [
        'comporta.yaml:4:32 upstreams.a.breaker.failures[1]: expected a failure class: a status such as 429, or 4xx, 5xx, timeout, connection, got `700`',
      ],
    ],
    [
      'a mapping without content',
      withUpstream('retry:'),
      [
        'comporta.yaml:4:5 upstreams.a.retry: expected a mapping with the keys attempts, initial_delay, multiplier, max_delay, methods, on, budget, got nothing; write {} for the defaults',
      ],
    ],
    [
      'a list that is a text',
      withRoute('methods: GET'),
      ['comporta.yaml:5:14 routes[0].methods: expected a list, such as [a, b], got `GET`'],
    ],
    [
      'an empty list of methods',
      withRoute('methods: []'),
      ['comporta.yaml:5:14 routes[0].methods: expected at least 1 item'],
    ],
    [
      'the name of an upstream',
      'upstreams:\n  My API: { url: "http://a.test" }\nroutes: []',
      ['comporta.yaml:2:3 upstreams["My API"]: is not a valid name: expected a-z, 0-9, _ and -, at most 64'],
    ],
    [
      'a name that every object has',
      'upstreams:\n  __proto__: { url: "http://a.test" }\nroutes: []',
      ['comporta.yaml:2:3 upstreams.__proto__: is not a name that can be used; choose another'],
    ],
    [
      'a missing key',
      'upstreams:\n  a: { timeout: 1s }\nroutes: []',
      ['comporta.yaml:2:3 upstreams.a.url: is required: expected an http:// or https:// URL, or sandbox:'],
    ],
    [
      'the scheme of a URL',
      'upstreams: { a: { url: "ftp://a.test" } }\nroutes: []',
      [
        'comporta.yaml:1:24 upstreams.a.url: expected an http:// or https:// URL, or sandbox:, got `ftp://a.test`',
      ],
    ],
    [
      'a URL with credentials, which are not printed',
      'upstreams: { a: { url: "http://u:hunter2@a.test" } }\nroutes: []',
      [
        'comporta.yaml:1:24 upstreams.a.url: must not carry a user name or password; send credentials in a header',
      ],
    ],
    [
      'a URL with a query',
      'upstreams: { a: { url: "http://a.test/?x=1" } }\nroutes: []',
      [
        'comporta.yaml:1:24 upstreams.a.url: must not have a query or fragment; a route’s `rewrite` and the client’s query are added to it',
      ],
    ],
    [
      'an address',
      withTop('listen: "127.0.0.1"'),
      [
        'comporta.yaml:1:9 listen: expected an address such as 127.0.0.1:8000, [::1]:8000 or :8000, got `127.0.0.1`',
      ],
    ],
    [
      'a proxy',
      withTop('clients: { trust_proxies: [10.0.0.0/33] }'),
      [
        'comporta.yaml:1:28 clients.trust_proxies[0]: expected an IP address or a block such as 10.0.0.0/8, got `10.0.0.0/33`',
      ],
    ],
    [
      'a state with a database that is no number',
      withTop('state: redis://:hunter2@r.test/main'),
      ['comporta.yaml:1:8 state: must end in the number of a database, such as /0'],
    ],
    [
      'an upstream that does not exist',
      withRoute('').replace('upstream: a', 'upstream: b1'),
      ['comporta.yaml:4:15 routes[0].upstream: unknown upstream `b1`; known: a'],
    ],
    [
      'an upstream with a slip',
      'upstreams: { score: { url: "http://a.test" } }\nroutes: [{ path: /a, upstream: scrore }]',
      ['comporta.yaml:2:32 routes[0].upstream: unknown upstream `scrore`; did you mean `score`?'],
    ],
    [
      'a path',
      withRoute('').replace('path: /a', 'path: a/*'),
      ['comporta.yaml:3:11 routes[0].path: expected a path such as /proxy/score or /ml/*, got `a/*`'],
    ],
    [
      'a star inside a path',
      withRoute('').replace('path: /a', 'path: /a*'),
      ['comporta.yaml:3:11 routes[0].path: `*` must follow a `/`, as in /ml/*'],
    ],
    [
      'a path of ours',
      withRoute('').replace('path: /a', 'path: /metrics'),
      ['comporta.yaml:3:11 routes[0].path: /metrics is answered by Comporta itself; choose another path'],
    ],
    [
      'a rewrite with nothing to take',
      withRoute('rewrite: /b/*'),
      [
        'comporta.yaml:5:14 routes[0].rewrite: ends in `*`, but the route’s path has no `*`; end both in /*, or neither',
      ],
    ],
    [
      'two parameters of one meaning',
      withRoute('params:\n  p: { control: urgency }\n  q: { control: urgency }'),
      ['comporta.yaml:7:21 routes[0].params.q.control: `p` is already the urgency of this route'],
    ],
    [
      'a regular expression',
      withRoute('params: { q: { pattern: "(" } }'),
      ['comporta.yaml:5:29 routes[0].params.q.pattern: is not a regular expression: missing )'],
    ],
    [
      'an urgency',
      withRoute('urgency: 8'),
      ['comporta.yaml:5:14 routes[0].urgency: expected a whole number from 0 to 7, got `8`'],
    ],
    [
      'a cache without a time',
      withRoute('cache: {}'),
      [
        'comporta.yaml:5:5 routes[0].cache.ttl: is required: expected a duration such as 500ms, 10s, 1m or 1d',
      ],
    ],
    [
      'one route twice',
      `${withRoute('methods: [GET]')}  - { path: /a, upstream: a, methods: [POST, get] }\n`,
      ['comporta.yaml:6:13 routes[1].path: GET /a is on line 6 and already on line 3; keep one of them'],
    ],
    [
      'a route behind one that takes everything',
      `${withRoute('')}  - { path: /a, upstream: a, methods: [GET] }\n`,
      ['comporta.yaml:6:13 routes[1].path: GET /a is on line 6 and already on line 3; keep one of them'],
    ],
    [
      'an entry larger than the cache',
      withTop('cache: { max_size: 1mb, max_entry: 2mb }'),
      ['comporta.yaml:1:36 cache.max_entry: is larger than `cache.max_size`; an answer of it never fits'],
    ],
    [
      'two servers on one port',
      'listen: ":5001"\nupstreams: { a: { url: "sandbox:" } }\nroutes: []',
      ['comporta.yaml:1:1 sandbox.listen: is the same address as `listen`; choose another port'],
    ],
    [
      'data plane and admin API on one port',
      withTop('listen: ":7001"\nadmin: { listen: "127.0.0.1:7001" }'),
      ['comporta.yaml:2:18 admin.listen: is the same address as `listen`; choose another port'],
    ],
    [
      'admin API and sandbox on one port',
      'listen: ":7001"\nadmin: { listen: ":5001" }\nupstreams: { a: { url: "sandbox:" } }\nroutes: []',
      ['comporta.yaml:1:1 sandbox.listen: is the same address as `admin.listen`; choose another port'],
    ],
    [
      'one token for both roles',
      withTop('admin: { token: same-token, viewer_token: same-token }'),
      [
        'comporta.yaml:1:43 admin.viewer_token: is the same as `admin.token`; nobody could tell which is meant',
      ],
    ],
    [
      'two rules with one id',
      withTop(
        'rules:\n  - { id: a, action: deny }\n  - { action: deny, id: a }\n  - { action: deny, id: b }',
      ),
      ['comporta.yaml:3:25 rules[1].id: the rule on line 2 is called `a` already; choose another id'],
    ],
    [
      'a rule that is wrong in several ways',
      withTop(
        'rules:\n  - { id: a, client: 10.0.0.0/99, path: "items", limit: 5 per 1y, action: deny, nope: 1 }',
      ),
      [
        'comporta.yaml:2:22 rules[0].client: expected "*", an address such as 10.0.0.1 or 2001:db8::1, a block such as 10.0.0.0/8, or client:<id>, got `10.0.0.0/99`',
        'comporta.yaml:2:41 rules[0].path: must begin with `/`: expected "*", a path such as /items/1, or /items/* for everything below',
        'comporta.yaml:2:57 rules[0].limit: expected a rate such as "100 per 1m", or none, got `5 per 1y`',
        'comporta.yaml:2:81 rules[0].nope: unknown key `nope`; did you mean `note`?',
      ],
    ],
    [
      'a file that is not there',
      withUpstream('tls: { ca_file: none.pem }'),
      ['comporta.yaml:4:21 upstreams.a.tls.ca_file: the file cannot be read'],
    ],
    [
      'a file without routes',
      'upstreams: {}',
      ['comporta.yaml:1:1 routes: is required: expected a list, such as [a, b]'],
    ],
    [
      'a file that is a list',
      '- a',
      [
        expect.stringMatching(
          /^comporta.yaml:1:1: expected a mapping with the keys listen, .*, got a list$/,
        ) as unknown as string,
      ],
    ],
    ['an empty file', '# nothing\n', ['comporta.yaml: is empty; `comporta init` writes one to start from']],
  ])('%s', (_, text, expected) => {
    expect(folder.problems(text)).toEqual(expected);
  });

  test('all problems come at once, by line', () => {
    const text = `lisen: 1\nupstreams:\n  a: { url: 5, timeout: 1 }\nroutes:\n  - { path: x, upstream: b }\n  - {}\n`;
    expect(folder.problems(text).map((line) => line.split(' ', 2).join(' '))).toEqual([
      'comporta.yaml:1:1 lisen:',
      'comporta.yaml:3:13 upstreams.a.url:',
      'comporta.yaml:3:25 upstreams.a.timeout:',
      'comporta.yaml:5:13 routes[0].path:',
      'comporta.yaml:5:26 routes[0].upstream:',
      'comporta.yaml:6:5 routes[1].path:',
      'comporta.yaml:6:5 routes[1].upstream:',
    ]);
  });

  test('more problems than anybody reads are counted', () => {
    const lines = Array.from({ length: 300 }, (_, index) => `  - { path: p${index}, upstream: a }`);
    const problems = folder.problems(
      `upstreams: { a: { url: "http://a.test" } }\nroutes:\n${lines.join('\n')}\n`,
    );
    expect(problems).toHaveLength(201);
    expect(problems.at(-1)).toBe('comporta.yaml: and 100 more problems');
  });
});

describe('YAML itself', () => {
  test.each<[string, string, string]>([
    [
      'a key twice',
      'listen: ":1"\nlisten: ":2"\n',
      'comporta.yaml:2:1 listen: the key `listen` is on line 1 already; keep one of them',
    ],
    [
      'a bracket that is not closed',
      'listen: [\n',
      'comporta.yaml:2:1: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    [
      'a value that ends in a colon',
      'state: memory:\n',
      'comporta.yaml:1:8: Nested mappings are not allowed in compact mappings; a value that ends in a colon needs quotes',
    ],
    [
      'an alias to nothing',
      'listen: *a\n',
      'comporta.yaml:1:9 listen: there is no anchor `&a` before this alias',
    ],
    ['a tag', 'listen: !secret x\n', 'comporta.yaml:1:9: Unresolved tag: !secret'],
  ])('%s', (_, text, expected) => {
    expect(folder.problems(text)[0]).toBe(expected);
  });

  test('an unquoted variable inside brackets is told what it lacks', () => {
    const [first] = folder.problems('upstreams:\n  a: { url: ${URL:-http://a.test} }\n');
    expect(first).toEndWith('; inside [ ] and { }, text with a variable needs quotes');
  });

  test('anchors, aliases and merge keys work, and a problem in them has a place', () => {
    const text = (timeout: string) =>
      `upstreams:\n  a: &a { url: "http://a.test", timeout: ${timeout} }\n  b: { <<: *a, url: "http://b.test" }\nroutes: []\n`;
    const { upstreams } = folder.loaded(text('3s')).config;
    expect([upstreams.b?.timeoutMs, upstreams.b?.url]).toEqual([
      3_000,
      { kind: 'url', url: 'http://b.test' },
    ]);
    expect(folder.problems(text('x')).map((line) => line.split(' ')[0])).toEqual([
      'comporta.yaml:2:42',
      'comporta.yaml:3:3',
    ]);
  });

  test('aliases that multiply are refused', () => {
    const levels = Array.from(
      { length: 9 },
      (_, n) => `l${n + 1}: &l${n + 1} [${Array(9).fill(`*l${n}`).join(', ')}]`,
    );
    const [first] = folder.problems(`l0: &l0 [x]\n${levels.join('\n')}\n`);
    expect(first).toContain('Excessive alias count');
  });
});
