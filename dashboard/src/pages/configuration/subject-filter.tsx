import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../ui/button.tsx';
import { CodeText } from '../../ui/code-text.tsx';
import { SearchInput } from '../../ui/search-input.tsx';

export interface SubjectFilterProps {
  subject: string | undefined;
  onFilter: (subject: string | undefined) => void;
}

/** The server compares whole subjects, so it is asked when the text is finished. */
export function SubjectFilter({ subject, onFilter }: SubjectFilterProps) {
  const { t } = useTranslation('configuration');
  const [text, setText] = useState(subject ?? '');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onFilter(text.trim() === '' ? undefined : text.trim());
  };
  return (
    <form onSubmit={submit} className="flex flex-wrap items-center gap-3">
      <SearchInput
        label={t('audit.subjectFilter')}
        placeholder="upstream/score"
        value={text}
        onChange={(next) => {
          setText(next);
          if (next === '' && subject !== undefined) onFilter(undefined);
        }}
        maxLength={256}
        spellCheck={false}
        className="flex-1 basis-60 sm:max-w-96"
      />
      <Button type="submit">{t('audit.filter')}</Button>
      <p className="min-w-0 flex-1 basis-60 text-muted text-sm">
        <CodeText text={t('audit.subjectHint')} />
      </p>
    </form>
  );
}
