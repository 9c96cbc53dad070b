import { Eye, EyeOff } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ask } from '../api/client.ts';
import { ApiError, describeError } from '../api/problem.ts';
import { keepToken } from '../api/token.ts';
import type { Session } from '../api/types.ts';
import { useFormat } from '../i18n/format.ts';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { IconButton } from '../ui/icon-button.tsx';
import { Notice } from '../ui/notice.tsx';
import { TextInput } from '../ui/text-input.tsx';

/** Asks for the token, once: a wrong one gets a sentence and is not tried again by itself. */
export function SignIn({ ended, onSignedIn }: { ended: boolean; onSignedIn: () => void }) {
  const { t, i18n } = useTranslation();
  const { t: tError } = useTranslation('errors');
  const format = useFormat();
  const [value, setValue] = useState('');
  const [shown, setShown] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | undefined>(ended ? t('signIn.ended') : undefined);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const token = value.trim();
    if (token === '' || busy) return;
    setBusy(true);
    setProblem(undefined);
    try {
      await ask<Session>('/session', { headers: { Authorization: `Bearer ${token}` } });
      keepToken(token);
      onSignedIn();
    } catch (error) {
      if (error instanceof ApiError && error.code === 'unauthorized') setProblem(t('signIn.wrong'));
      else if (error instanceof ApiError && error.code === 'too_many_attempts') {
        setProblem(t('signIn.blocked', { wait: format.duration((error.retryAfterSec ?? 60) * 1_000) }));
      } else {
        const { title, detail } = describeError(error, tError, i18n.language);
        setProblem([title, detail].filter(Boolean).join(': '));
      }
    } finally {
      setBusy(false);
    }
  };

  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-md flex-col justify-center gap-4 p-4">
      <h1 className="flex items-center gap-3 font-semibold text-2xl">
        <img src="./icon.svg" alt="" width={36} height={36} />
        {t('product')}
      </h1>
      <form
        onSubmit={submit}
        className="flex flex-col gap-4 rounded-lg border border-line bg-surface p-5 shadow-card"
      >
        <h2 className="font-semibold text-lg">{t('signIn.title')}</h2>
        <p className="text-muted">{t('signIn.explain')}</p>
        {problem !== undefined && <Notice tone="bad">{problem}</Notice>}
        <Field label={t('signIn.token')} hint={t('signIn.remember')}>
          {(field) => (
            <div className="flex gap-2">
              <TextInput
                {...field}
                type={shown ? 'text' : 'password'}
                value={value}
                onChange={setValue}
                autoComplete="current-password"
                autoFocus
                spellCheck={false}
                className="flex-1"
              />
              <IconButton
                icon={shown ? EyeOff : Eye}
                label={t(shown ? 'signIn.hide' : 'signIn.show')}
                onClick={() => setShown(!shown)}
              />
            </div>
          )}
        </Field>
        <Button type="submit" variant="primary" busy={busy} disabled={value.trim() === ''}>
          {t('signIn.submit')}
        </Button>
      </form>
    </main>
  );
}
