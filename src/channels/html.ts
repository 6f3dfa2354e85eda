/** The looks that all e-mails share. What goes in is escaped by whoever puts it there; these do so themselves. */

type Named = { id: string; name: string };

export function page(body: string): string {
  return `<!doctype html><html lang="en"><body style="font-family:system-ui,sans-serif;color:#1c2024;max-width:40rem">
${body}
</body></html>`;
}

/** @param text a command to copy */
export function command(text: string): string {
  return `<pre style="background:#f4f4f5;padding:.75rem;white-space:pre-wrap">${escapeHtml(text)}</pre>`;
}

export function footer(tenant: Named, endpoint: { id: string }): string {
  return `<p style="color:#60646c">${escapeHtml(footerText(tenant, endpoint))}</p>`;
}

export function footerText(tenant: Named, endpoint: { id: string }): string {
  return `Tenant ${tenant.name} (${tenant.id}), endpoint ${endpoint.id}`;
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
