/** The settings of a tenant. Each part is there for those who may use it. */
import { useViewer } from '../../context/session.tsx';
import { useTenant } from '../../context/tenant.tsx';
import { Page } from '../../parts/page.tsx';
import { useTexts } from '../../texts/index.ts';
import { Contacts } from './contacts.tsx';
import { DeleteTenant } from './delete-tenant.tsx';
import { Keys } from './keys.tsx';
import { PortalSessions } from './portal-sessions.tsx';
import { Sessions } from './sessions.tsx';
import { TenantForm } from './tenant-form.tsx';

export function Settings() {
  const { shell } = useTexts();
  const { can } = useViewer();
  const tenant = useTenant();
  return (
    <Page title={shell.settings}>
      {can('manage') && <TenantForm key={tenant.id} />}
      {can('endpoints') && <Contacts />}
      {can('admin') && <Keys tenant={tenant.id} />}
      {can('manage') && <PortalSessions />}
      {can('manage') && <Sessions tenant={tenant.id} />}
      {can('admin') && <DeleteTenant />}
    </Page>
  );
}
