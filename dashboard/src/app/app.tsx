import { CSPProvider } from '@base-ui/react/csp-provider';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { onUnauthorized, send } from '../api/client.ts';
import { createQueryClient } from '../api/query-client.ts';
import { keepToken, token } from '../api/token.ts';
import { type LiveOpener, LiveStream } from '../live/live-stream.ts';
import { LiveContext } from '../live/use-live.ts';
import { Toaster } from '../ui/toaster.tsx';
import { router } from './router.tsx';
import { SignIn } from './sign-in.tsx';

const openLive: LiveOpener = (lastEventId, signal) =>
  send('/live', {
    headers: { Accept: 'text/event-stream', ...(lastEventId && { 'Last-Event-ID': lastEventId }) },
    signal,
  });

/** Everything that lives as long as the page: the stream, the questions, who is signed in. */
export function App() {
  const [stream] = useState(() => new LiveStream(openLive));
  const [queries] = useState(createQueryClient);
  const [door, setDoor] = useState<'open' | 'sign_in' | 'ended'>('open');

  useEffect(() => {
    stream.start();
    const look = () => stream.seen(document.visibilityState === 'visible');
    look();
    document.addEventListener('visibilitychange', look);
    const forget = onUnauthorized(() => {
      const had = token() !== undefined;
      keepToken(undefined);
      stream.signOut();
      queries.clear();
      setDoor(had ? 'ended' : 'sign_in');
    });
    return () => {
      forget();
      document.removeEventListener('visibilitychange', look);
      stream.stop();
    };
  }, [stream, queries]);

  return (
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={queries}>
        <LiveContext value={stream}>
          {door === 'open' ? (
            <RouterProvider router={router} />
          ) : (
            <SignIn
              ended={door === 'ended'}
              onSignedIn={() => {
                setDoor('open');
                stream.start();
              }}
            />
          )}
          <Toaster />
        </LiveContext>
      </QueryClientProvider>
    </CSPProvider>
  );
}
