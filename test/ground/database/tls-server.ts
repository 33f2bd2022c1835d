// A Postgres that lets nobody in without TLS, with a certificate for 127.0.0.1 from an authority of its own. Closed with the test.
import { chmod, chown, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openEmbeddedPostgres } from '../../../src/database/embedded.ts'
import { openSession } from '../../../src/database/session.ts'
import { makeCertificate } from '../certificates.ts'
import { collectLogLines } from '../log-lines.ts'
import { openTempDir } from './temp-dir.ts'

export type TlsServer = {
  /** At 127.0.0.1, the name in the certificate. */
  url: string
  /** PEM of the authority, and of another that signed nothing here. */
  ca: string
  otherCa: string
}

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

/** Of the server's user and closed to everybody else, or the server refuses the key. */
async function putFile(cluster: string, name: string, content: string): Promise<void> {
  const path = join(cluster, name)
  const { uid, gid } = await stat(cluster)
  await writeFile(path, content)
  await chown(path, uid, gid)
  await chmod(path, 0o600)
}
