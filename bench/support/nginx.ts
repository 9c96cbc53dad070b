import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ended, freePort, type ServerProcess } from './process.ts';

/** Debian puts nginx where a user's PATH may not look. */
export const nginxPath = (): string | null =>
  Bun.which('nginx', { PATH: `${process.env.PATH ?? ''}:/usr/sbin:/usr/local/sbin` });

/**
 * nginx with one worker and no access log, as one would tune it for this: kept connections on both sides, open
 * files of the cache kept open. `/cached` is answered by `proxy_cache`, `/ml/` is passed on by `proxy_pass`.
 */
export async function startNginx(
  binary: string,
  folder: string,
  upstreamPort: number,
): Promise<ServerProcess> {
  const port = await freePort();
  mkdirSync(join(folder, 'cache'), { recursive: true });
  const file = join(folder, 'nginx.conf');
  // Started by root it would give up its rights, and could not write into the folder; others may not say `user`.
  const asRoot = process.getuid?.() === 0 ? 'user root;' : '';
  writeFileSync(
    file,
    `${asRoot}
worker_processes 1;
daemon off;
pid ${folder}/nginx.pid;
error_log stderr error;
events { worker_connections 4096; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_timeout 75s;
  keepalive_requests 1000000000;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  proxy_cache_path ${folder}/cache keys_zone=answers:1m inactive=1h;
  open_file_cache max=1000 inactive=1h;
  open_file_cache_valid 1h;
  upstream api {
    server 127.0.0.1:${upstreamPort};
    keepalive 128;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port} backlog=1024;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    location /cached {
      proxy_cache answers;
      proxy_cache_key $uri$is_args$args$http_client_id;
      proxy_cache_valid 200 1h;
      proxy_pass http://api;
      add_header Cache-Status $upstream_cache_status;
    }
    location /ml/ { proxy_pass http://api/; }
    location = /ready { return 204; }
  }
}
`,
  );
  const child = Bun.spawn({
    cmd: [binary, '-c', file, '-p', folder],
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'inherit',
  });
  const url = `http://127.0.0.1:${port}`;
  for (let attempt = 0; attempt < 100; attempt++) {
    const answered = await fetch(`${url}/ready`).then(
      () => true,
      () => false,
    );
    if (answered) return { name: 'nginx', pid: child.pid, url, stop: () => ended(child) };
    await Bun.sleep(20);
  }
  await ended(child);
  throw new Error('nginx did not start');
}
