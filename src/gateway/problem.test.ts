import { describe, expect, test } from 'bun:test';
import { GatewayError } from '../shared/errors.ts';
import { envelopedError } from './envelope.ts';
import { problemReply, refusalHeaders } from './problem.ts';
import type { Reply } from './reply.ts';

const text = (reply: Reply) => new TextDecoder().decode(reply.body as Uint8Array);
const retryAfter = (error: GatewayError) => new Map(refusalHeaders(error)).get('Retry-After');

describe('problemReply', () => {
  test('says code, status, detail and request id as RFC 9457 asks', () => {
    const error = new GatewayError('queue_full', {
      detail: 'All 2 places are taken.',
      retryAfterMs: 2_040,
      estimatedWaitMs: 2_039.2,
    });
    const reply = problemReply(error, 'r-1');
    expect(reply.status).toBe(503);
    expect(reply.headers).toEqual([
      ['Content-Type', 'application/problem+json'],
      ['Retry-After', '3'],
    ]);
    expect(JSON.parse(text(reply))).toEqual({
      type: 'urn:comporta:error:queue_full',
      title: 'The queue is full',
      status: 503,
      detail: 'All 2 places are taken.',
      code: 'queue_full',
      request_id: 'r-1',
      estimated_wait_ms: 2_040,
    });
  });

  test('never shows the cause', () => {
    const error = new GatewayError('internal', {
      detail: 'It failed.',
      cause: new Error('password=hunter2'),
    });
    expect(text(problemReply(error, 'r'))).not.toContain('hunter2');
  });
});

describe('Retry-After', () => {
  test('stands on every 429 and 503 of ours, in whole seconds rounded up, at least 1', () => {
    expect(retryAfter(new GatewayError('draining', { detail: '' }))).toBe('1');
    expect(retryAfter(new GatewayError('circuit_open', { detail: '', retryAfterMs: 1 }))).toBe('1');
    expect(retryAfter(new GatewayError('client_rate_limited', { detail: '', retryAfterMs: 59_001 }))).toBe(
      '60',
    );
  });

  test('is a number even when nobody knows how long', () => {
    const held = new GatewayError('upstream_paused', { detail: '', retryAfterMs: Number.POSITIVE_INFINITY });
    expect(retryAfter(held)).toBe('60');
  });

  test('stays away where waiting does not help', () => {
    expect(retryAfter(new GatewayError('invalid_request', { detail: '' }))).toBeUndefined();
  });
});

describe('the status envelope', () => {
  test('says word for word what its clients match', () => {
    expect(text(envelopedError(new GatewayError('client_rate_limited', { detail: 'x' })))).toBe(
      '{"status":"error","message":"Rate limit exceeded. Please try again later."}',
    );
    expect(text(envelopedError(new GatewayError('circuit_open', { detail: 'x' })))).toBe(
      '{"status":"error","message":"External service is currently unavailable (Circuit Open)."}',
    );
  });
});
