// Certificates for tests of TLS, made by openssl; each signs itself, so that it is its own authority.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** For runsHere. */
export const opensslAvailable = (): Promise<string | null> =>
  promisify(execFile)('openssl', ['version']).then(
    () => null,
    error => `openssl is missing: install it to make certificates for the tests of TLS (${error.message})`,
  )

/** PEM each; the key is encrypted where it has a password. */
export async function makeCertificate(name: string, keyPassword?: string): Promise<{ certificate: string; key: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'zaplog-certificate-'))
  const [certificate, key] = [join(directory, `${name}.crt`), join(directory, `${name}.key`)]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
  const sealed = keyPassword === undefined ? ['-nodes'] : ['-passout', `pass:${keyPassword}`]
  const names = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1']
  try {
    const files = ['-keyout', key, '-out', certificate]
    await promisify(execFile)('openssl', ['req', '-x509', ...curve, ...sealed, ...names, '-days', '1', ...files])
    return { certificate: await readFile(certificate, 'utf8'), key: await readFile(key, 'utf8') }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
