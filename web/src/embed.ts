/**
 * The element that shows the portal inside another product's page.
 *
 *     <script src="https://tidings.example.com/portal/embed.js"></script>
 *     <tidings-portal></tidings-portal>
 *     <script>
 *       document.querySelector('tidings-portal').session = async () => (await fetch('/my/webhooks-link')).text();
 *     </script>
 *
 * `session` is a function that asks the product's own server for the `url` of a new portal session. It is called first, and again when a
 * session has ended, so that people go on where they were. Without a function, the attribute `src` holds one link.
 * Events: `tidings-ready`; `tidings-ended` when there is no new session; `tidings-error` with the error of `session` in `detail`.
 */
import { isFromPortal, toPortal } from './embed-messages.ts';

const LEAST_HEIGHT_PX = 480;

type SessionSource = () => Promise<string>;

class TidingsPortal extends HTMLElement {
  static observedAttributes = ['src'];
  #frame: HTMLIFrameElement | null = null;
  #session: SessionSource | null = null;

  /** Asks the product's own server for the link of a new portal session. */
  get session(): SessionSource | null {
    return this.#session;
  }
  set session(source: SessionSource | null) {
    this.#session = source;
    if (this.isConnected) void this.#open();
  }

  connectedCallback(): void {
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
    this.#frame = document.createElement('iframe');
    this.#frame.title = this.getAttribute('title') ?? 'Webhooks';
    this.#frame.allow = 'clipboard-write';
    // Set as properties: the page's policy may forbid inline styles.
    Object.assign(this.#frame.style, {
      border: '0',
      display: 'block',
      width: '100%',
      height: `${LEAST_HEIGHT_PX}px`,
    });
    root.replaceChildren(this.#frame);
    addEventListener('message', this.#listen);
    void this.#open();
  }

  disconnectedCallback(): void {
    removeEventListener('message', this.#listen);
    this.#frame = null;
  }

  attributeChangedCallback(): void {
    if (this.isConnected) void this.#open();
  }

  /** The link of a session; `null`: none can be had. */
  async #link(): Promise<string | null> {
    if (this.#session === null) return this.getAttribute('src');
    try {
      return await this.#session();
    } catch (error) {
      this.#tell('tidings-error', error);
      return null;
    }
  }

  async #open(): Promise<void> {
    const link = await this.#link();
    if (link !== null && this.#frame !== null && this.#frame.src !== link) this.#frame.src = link;
  }

  /** Gives the page in the frame a new session, without loading it again. */
  async #renew(): Promise<void> {
    const link = this.#session === null ? null : await this.#link();
    const frame = this.#frame;
    if (link === null || frame === null) {
      this.#tell('tidings-ended', null);
      return;
    }
    const { origin, hash } = new URL(link);
    const code = new URLSearchParams(hash.slice(1)).get('code');
    if (code !== null) frame.contentWindow?.postMessage(toPortal(code), origin);
  }

  #listen = (event: MessageEvent) => {
    const frame = this.#frame;
    if (frame === null || event.source !== frame.contentWindow || !isFromPortal(event.data)) return;
    const { kind } = event.data;
    if (kind === 'ready') this.#tell('tidings-ready', null);
    if (kind === 'height') frame.style.height = `${Math.max(LEAST_HEIGHT_PX, event.data.height)}px`;
    if (kind === 'ended') void this.#renew();
  };

  #tell(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

if (customElements.get('tidings-portal') === undefined)
  customElements.define('tidings-portal', TidingsPortal);
