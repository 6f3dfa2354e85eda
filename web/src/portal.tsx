/** Entrance of the portal: a tenant's customer, by a link. */
import { createRoot } from 'react-dom/client';
import { Portal } from './app/portal.tsx';

createRoot(document.querySelector('#app') as HTMLElement).render(<Portal />);
