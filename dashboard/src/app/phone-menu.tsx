import { useTranslation } from 'react-i18next';
import { Drawer } from '../ui/drawer.tsx';
import { SideMenu } from './side-menu.tsx';

export interface PhoneMenuProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** The main menu where there is no room for it beside the page. */
export function PhoneMenu({ open, onOpenChange }: PhoneMenuProps) {
  const { t } = useTranslation();
  return (
    <Drawer open={open} onOpenChange={onOpenChange} title={t('product')} size="sm">
      <SideMenu />
    </Drawer>
  );
}
