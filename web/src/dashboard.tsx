/** Entrance of the dashboard: operators, and holders of a tenant's key. */
import { createRoot } from 'react-dom/client';
import { Dashboard } from './app/dashboard.tsx';
import { reloadWhenOutdated } from './app/outdated.ts';

reloadWhenOutdated();
createRoot(document.querySelector('#app') as HTMLElement).render(<Dashboard />);
