import type { CheckboxProps } from './checkbox.tsx';
import { cx } from './class-names.ts';

/** A switch takes what a checkbox does; what it turns is turned at once. */
export type SwitchProps = CheckboxProps;

/** On or off, at once. */
export function Switch({ checked, onChange, label, disabled, className }: SwitchProps) {
  return (
    <label
      className={cx(
        'inline-flex min-h-8 items-center gap-2',
        disabled ? 'cursor-not-allowed opacity-60' : 'cursor-pointer',
        className,
      )}
    >
      <span className="relative inline-flex h-6 w-10 shrink-0">
        <input
          type="checkbox"
          role="switch"
          checked={checked}
          aria-checked={checked}
          disabled={disabled}
          onChange={(event) => onChange(event.target.checked)}
          className="peer absolute inset-0 cursor-[inherit] appearance-none rounded-full border border-line-strong bg-sunken transition-colors checked:border-accent checked:bg-accent"
        />
        <span
          aria-hidden="true"
          className="pointer-events-none absolute top-1 left-1 size-4 rounded-full bg-line-strong transition-transform peer-checked:translate-x-4 peer-checked:bg-accent-text"
        />
      </span>
      <span>{label}</span>
    </label>
  );
}
