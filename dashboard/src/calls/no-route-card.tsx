import { Card } from '../ui/card.tsx';
import { CodeText } from '../ui/code-text.tsx';
import { Skeleton } from '../ui/skeleton.tsx';

export interface NoRouteCardProps {
  title: string;
  /** What to do when there are none. */
  text: string;
  isPending: boolean;
}

/** Where a form for a call would stand, while its routes are not known or there are none. */
export function NoRouteCard({ title, text, isPending }: NoRouteCardProps) {
  return (
    <Card title={title}>
      {isPending ? (
        <Skeleton lines={8} />
      ) : (
        <p className="text-muted">
          <CodeText text={text} />
        </p>
      )}
    </Card>
  );
}
