/** Entrance of the portal: a tenant's customer, by a link. */
import { createRoot } from 'react-dom/client';
import { reloadWhenOutdated } from './app/outdated.ts';
import { Portal } from './app/portal.tsx';

reloadWhenOutdated();
createRoot(document.querySelector('#app') as HTMLElement).render(<Portal />);
