import { operation } from '../operation.ts';
import { liveDelta, liveSnapshot } from './live-frame.ts';

/** What happens, as a stream. */
export const liveOperations = [
  operation(
    {
      id: 'followLive',
      method: 'GET',
      path: '/live',
      tag: 'live',
      summary: 'Follow what happens, second by second',
      description:
        'Server-sent events: `snapshot` first, then one `delta` a second. A listener that does not read is cut off.',
      resumes: true,
      answers: [
        {
          status: 200,
          description: 'The stream; it ends with the process.',
          events: { snapshot: liveSnapshot, delta: liveDelta },
        },
      ],
      errors: ['too_many_streams'],
    },
    async ({ ports, headers, signal }) => {
      await ports.fleet.prepare();
      return ports.live.open({ lastEventId: headers.get('last-event-id') ?? undefined, signal });
    },
  ),
];
