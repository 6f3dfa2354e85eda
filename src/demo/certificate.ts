/** Self-signed certificate of the demo's https receiver, made once. Leah's contract allows only https. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generate } from 'selfsigned';

export type Certificate = { key: string; cert: string; certFile: string };

const YEAR_MS = 365 * 24 * 3600 * 1000;

export async function demoCertificate(folder: string): Promise<Certificate> {
  const certFile = join(folder, 'cert.pem');
  const keyFile = join(folder, 'key.pem');
  if (!(await isUsable(certFile, keyFile))) {
    await mkdir(folder, { recursive: true });
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'Tidings demo receiver' }], {
      algorithm: 'sha256',
      notAfterDate: new Date(Date.now() + YEAR_MS),
      extensions: [
        { name: 'basicConstraints', cA: true },
        { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
      ],
    });
    await writeFile(keyFile, key, { mode: 0o600 });
    await writeFile(certFile, cert);
  }
  return { key: await readFile(keyFile, 'utf8'), cert: await readFile(certFile, 'utf8'), certFile };
}

/** Whether both files exist, belong together and are not too old. An interrupted start may have left only one of them. */
async function isUsable(certFile: string, keyFile: string): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(certFile);
    const certificate = new X509Certificate(await readFile(certFile));
    const isPair = certificate.checkPrivateKey(createPrivateKey(await readFile(keyFile)));
    return isPair && Date.now() - mtimeMs < YEAR_MS / 2;
  } catch {
    return false;
  }
}
