/** Icons, drawn on 16 × 16. They say nothing that a text beside them does not say. */
const PATHS = {
  check: 'M3 8.5l3.2 3.2L13 4.8',
  cross: 'M4 4l8 8M12 4l-8 8',
  clock: 'M8 4.5V8l2.4 1.6M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0z',
  pause: 'M6 4v8M10 4v8',
  stop: 'M4.5 4.5h7v7h-7z',
  send: 'M2.5 8h10M9 4.5L12.5 8 9 11.5',
  warning: 'M8 6v3.2M8 11.4v.2M8 2.4L14.2 13H1.8z',
  search: 'M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.4 10.4L14 14',
  copy: 'M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z',
  more: 'M3.5 8h.1M8 8h.1M12.5 8h.1',
  down: 'M4 6l4 4 4-4',
  external: 'M6.5 3H3v10h10V9.5M9.5 3H13v3.5M13 3L7.5 8.5',
  menu: 'M2.5 4.5h11M2.5 8h11M2.5 11.5h11',
  plus: 'M8 3v10M3 8h10',
  gear: 'M8 10.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4zM8 1.8v2M8 12.2v2M1.8 8h2M12.2 8h2M3.6 3.6L5 5M11 11l1.4 1.4M3.6 12.4L5 11M11 5l1.4-1.4',
  overview: 'M2.5 13.5h11M4.5 11V8M8 11V4M11.5 11V6',
  endpoint: 'M8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM4.3 11.7a5.2 5.2 0 0 1 0-7.4M11.7 4.3a5.2 5.2 0 0 1 0 7.4',
  event: 'M9 1.8L3.5 9H8l-1 5.2L12.5 7H8z',
  delivery: 'M2.5 4h11v8h-11zM2.5 4.5L8 9l5.5-4.5',
  catalogue: 'M3 3h4v4H3zM9 3h4v4H9zM3 9h4v4H3zM9 9h4v4H9z',
  activity: 'M1.8 8h3l2-5 2.6 10 2-5h2.8',
  tenants:
    'M5.5 7.5a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4zM1.8 13c.3-2.3 1.7-3.5 3.7-3.5S8.900 10.700 9.200 13M10.500 3.400a2.100 2.100 0 0 1 0 4.100M11.500 9.700c1.500.3 2.500 1.400 2.700 3.300',
} as const;

export type IconName = keyof typeof PATHS;

export const Icon = ({ name, size = 16 }: { name: IconName; size?: number }) => (
  <svg
    width={size}
    height={size}
    viewBox="0 0 16 16"
    fill="none"
    stroke="currentColor"
    strokeWidth="1.5"
    strokeLinecap="round"
    strokeLinejoin="round"
    aria-hidden="true"
    focusable="false"
  >
    <path d={PATHS[name]} />
  </svg>
);
