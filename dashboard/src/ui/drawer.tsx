import { cx } from './class-names.ts';
import { type DialogProps, ModalSheet } from './dialog.tsx';

export type DrawerProps = DialogProps;

const WIDTH = { sm: 'sm:max-w-md', md: 'sm:max-w-xl', lg: 'sm:max-w-3xl' } as const;

/** A modal sheet at the side; the whole screen on a phone. */
export function Drawer({ size = 'md', className, ...rest }: DrawerProps) {
  return (
    <ModalSheet
      {...rest}
      viewport="flex justify-end overflow-hidden"
      popup={cx(
        'h-dvh transition-transform duration-200',
        'data-ending-style:translate-x-full data-starting-style:translate-x-full',
        WIDTH[size],
        className,
      )}
    />
  );
}
