import { useTranslation } from 'react-i18next';
import { type FieldProblem, placeOf } from '../api/problem.ts';
import { useFormat } from '../i18n/format.ts';
import { CodeText } from './code-text.tsx';

/** More than anybody mends at once. */
const MOST_SHOWN = 20;

export interface ProblemListProps {
  /** In the language of the page. */
  problems: readonly FieldProblem[];
  /** So many more there were. */
  omitted: number;
}

/** What is wrong, place by place. */
export function ProblemList({ problems, omitted }: ProblemListProps) {
  const { t } = useTranslation('common');
  const { number } = useFormat();
  const shown = problems.slice(0, MOST_SHOWN);
  const rest = problems.length - shown.length + omitted;
  return (
    <ul className="mt-1 list-disc pl-5">
      {shown.map((problem) => {
        const { field, message } = problem;
        const place = placeOf(problem);
        return (
          <li key={`${place} ${field} ${message}`}>
            {place !== '' && <code className="break-all font-mono font-semibold">{place} </code>}
            {field !== '' && <code className="break-all font-mono">{field}: </code>}
            <CodeText text={message} />
          </li>
        );
      })}
      {rest > 0 && <li>{t('andMore', { shown: number(rest) })}</li>}
    </ul>
  );
}
