import { ExternalLink } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Card } from '../../ui/card.tsx';
import { CodeText } from '../../ui/code-text.tsx';

const RFC_9211 = 'https://www.rfc-editor.org/rfc/rfc9211';

/** What is kept, why an answer may not be, and where that is told. */
export function ExplainCard() {
  const { t } = useTranslation('cache');
  return (
    <Card title={t('explain.title')}>
      <div className="flex flex-col gap-3 text-sm">
        <p>
          <CodeText text={t('explain.kept')} />
        </p>
        <p>
          <CodeText text={t('explain.not')} />
        </p>
        <dl className="flex flex-col gap-2">
          {(['hit', 'miss', 'stale', 'bypass'] as const).map((example) => (
            <div key={example}>
              <dt>
                <code className="break-words font-mono text-xs">{EXAMPLES[example]}</code>
              </dt>
              <dd className="text-muted">{t(`explain.status.${example}`)}</dd>
            </div>
          ))}
        </dl>
        <a
          href={RFC_9211}
          target="_blank"
          rel="noreferrer"
          className="inline-flex min-h-6 items-center gap-1 text-accent underline"
        >
          {t('explain.link')}
          <ExternalLink aria-hidden="true" className="size-3.5" />
        </a>
      </div>
    </Card>
  );
}

/** `Cache-Status` as the gateway writes it. */
const EXAMPLES = {
  hit: 'comporta; hit; ttl=42',
  miss: 'comporta; fwd=miss; fwd-status=200; stored',
  stale: 'comporta; hit; ttl=-5; detail=circuit_open',
  bypass: 'comporta; fwd=bypass',
} as const;
