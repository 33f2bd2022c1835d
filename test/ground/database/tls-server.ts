// A Postgres that lets nobody in without TLS, with a certificate for 127.0.0.1 from an authority of its own. Closed with the test.
import { execFile } from 'node:child_process'
import { chmod, chown, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'
import { openEmbeddedPostgres } from '../../../src/database/embedded.ts'
import { openSession } from '../../../src/database/session.ts'
import { collectLogLines } from '../log-lines.ts'
import { openTempDir } from './temp-dir.ts'

export type TlsServer = {
  /** At 127.0.0.1, the name in the certificate. */
  url: string
  /** PEM of the authority, and of another that signed nothing here. */
  ca: string
  otherCa: string
}

/** For runsHere. */
export const opensslAvailable = (): Promise<string | null> =>
  promisify(execFile)('openssl', ['version']).then(
    () => null,
    error => `openssl is missing: install it to make certificates for the tests of TLS (${error.message})`,
  )

export async function openTlsServer(): Promise<TlsServer> {
  const dataDir = join(await openTempDir(), 'postgres')
  const { url, close } = await openEmbeddedPostgres({ dataDir, logger: collectLogLines(), fsync: false })
  onTestFinished(close)
  const [server, other] = [await makeCertificate('server'), await makeCertificate('other')]
  const cluster = join(dataDir, 'cluster')
  await putFile(cluster, 'server.crt', server.certificate)
  await putFile(cluster, 'server.key', server.key)
  await putFile(cluster, 'pg_hba.conf', 'hostssl all all 127.0.0.1/32 scram-sha-256\n')
  const session = await openSession({ url, applicationName: 'test' }, new AbortController().signal)
  await session.query('alter system set ssl = on')
  await session.query('select pg_reload_conf()')
  await session.close()
  return { url, ca: server.certificate, otherCa: other.certificate }
}

/** It signs itself, so that it is its own authority. */
async function makeCertificate(name: string): Promise<{ certificate: string; key: string }> {
  const directory = await openTempDir()
  const [certificate, key] = [join(directory, `${name}.crt`), join(directory, `${name}.key`)]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const names = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1']
  await promisify(execFile)('openssl', ['req', '-x509', ...curve, ...names, '-days', '1', '-keyout', key, '-out', certificate])
  return { certificate: await readFile(certificate, 'utf8'), key: await readFile(key, 'utf8') }
}

/** Of the server's user and closed to everybody else, or the server refuses the key. */
async function putFile(cluster: string, name: string, content: string): Promise<void> {
  const path = join(cluster, name)
  const { uid, gid } = await stat(cluster)
  await writeFile(path, content)
  await chown(path, uid, gid)
  await chmod(path, 0o600)
}
