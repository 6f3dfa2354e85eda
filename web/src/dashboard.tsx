/** Entrance of the dashboard: operators, and holders of a tenant's key. */
import { createRoot } from 'react-dom/client';
import { Dashboard } from './app/dashboard.tsx';

createRoot(document.querySelector('#app') as HTMLElement).render(<Dashboard />);
