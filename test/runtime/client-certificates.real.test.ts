// What Kafka is shown of us is checked before anything is opened: a certificate and the key of the same one.
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { examineCertificates } from '../../src/main/examine-certificates.ts'
import { parseConfig } from '../../src/runtime/config.ts'
import { never } from '../../src/runtime/or-abort.ts'
import { makeCertificate } from '../ground/certificates.ts'
import { openTempDir } from '../ground/database/temp-dir.ts'
import { runsHere } from '../ground/runs-here.ts'

const beside = { KAFKA_BROKERS: 'a:1', SCHEMA_REGISTRY_URL: 'http://b', KAFKA_SSL: 'true' }
const problemsOf = (env: Record<string, string>) => {
  const parsed = parseConfig({ ...beside, ...env })
  return parsed.ok ? [] : parsed.problems.map(problem => `${problem.name}: ${problem.message}`)
}
const noKey = 'expected a private key in PEM, -----BEGIN PRIVATE KEY----- and its lines'
const DAY_MS = 86_400_000

describe.runIf(await runsHere('openssl'))('the configuration', () => {
  let ours = { certificate: '', key: '' }
  let sealed = ours
  beforeAll(async () => {
    ;[ours, sealed] = await Promise.all([makeCertificate('ours'), makeCertificate('sealed', 'its password')])
  })
  const settings = ({ certificate, key }: typeof ours) => ({ KAFKA_SSL_CERT: certificate, KAFKA_SSL_KEY: key })

  test('[G1] [H8] knows a client certificate that has no key, or another’s, before anything is opened', () => {
    const tls = settings(ours)
    expect(problemsOf(tls)).toEqual([])
    expect(problemsOf({ ...tls, KAFKA_SSL: 'false' })).toEqual(['KAFKA_SSL: expected true when KAFKA_SSL_CERT is set'])
    expect(problemsOf({ ...tls, KAFKA_SSL_KEY: '' })).toEqual(['KAFKA_SSL_KEY: expected one when KAFKA_SSL_CERT is set'])
    expect(problemsOf({ ...tls, KAFKA_SSL_CERT: '' })).toEqual(['KAFKA_SSL_CERT: expected one when KAFKA_SSL_KEY is set'])
    expect(problemsOf({ ...tls, KAFKA_SSL_CERT: sealed.certificate })).toEqual([
      'KAFKA_SSL_KEY: expected the private key of KAFKA_SSL_CERT, got that of another certificate',
    ])
  })

  test('[G1] [H8] says of an encrypted key whether a password is missing, another, or for nothing', () => {
    expect(problemsOf({ ...settings(sealed), KAFKA_SSL_KEY_PASSWORD: 'its password' })).toEqual([])
    expect(problemsOf(settings(sealed))).toEqual(['KAFKA_SSL_KEY: it is encrypted, and no KAFKA_SSL_KEY_PASSWORD is given'])
    expect(problemsOf({ ...settings(sealed), KAFKA_SSL_KEY_PASSWORD: 'another' })).toEqual([
      'KAFKA_SSL_KEY_PASSWORD: expected the one that opens KAFKA_SSL_KEY, got one that does not',
    ])
    expect(problemsOf({ ...settings(ours), KAFKA_SSL_KEY_PASSWORD: 'its password' })).toEqual([
      'KAFKA_SSL_KEY_PASSWORD: expected none, because KAFKA_SSL_KEY is not encrypted, got one',
    ])
    expect(problemsOf({ ...settings(sealed), KAFKA_SSL_KEY_PASSWORD_FILE: '/nowhere/password' })).toEqual([
      'KAFKA_SSL_KEY_PASSWORD_FILE: expected a readable file, got /nowhere/password (ENOENT)',
    ])
  })

  test('[G1] [H8] says of a damaged key and of a damaged certificate that they are, and nothing else', () => {
    const lines = ours.key.split('\n')
    for (const password of ['', 'its password'])
      expect(
        problemsOf({ ...settings(ours), KAFKA_SSL_KEY: lines.toSpliced(1, 1).join('\n'), KAFKA_SSL_KEY_PASSWORD: password }),
      ).toEqual([`KAFKA_SSL_KEY: ${noKey}, got one that is damaged`])
    // As long as it was: only opening it shows.
    const zeros = lines.with(1, 'MIGHAgEA'.padEnd(64, 'A')).join('\n')
    expect(problemsOf({ ...settings(ours), KAFKA_SSL_KEY: zeros })).toEqual([`KAFKA_SSL_KEY: ${noKey}, got one that is damaged`])
    expect(problemsOf({ ...settings(ours), KAFKA_SSL_CERT: ours.certificate.slice(0, 300) })).toEqual([
      'KAFKA_SSL_CERT: expected a certificate in PEM, -----BEGIN CERTIFICATE----- and its lines, got one that is cut off, without its END line',
    ])
    expect(problemsOf({ KAFKA_SSL_CERT: ours.key, KAFKA_SSL_KEY: ours.certificate })).toEqual([
      'KAFKA_SSL_CERT: expected a certificate in PEM, -----BEGIN CERTIFICATE----- and its lines, got a private key',
      `KAFKA_SSL_KEY: ${noKey}, got a certificate`,
    ])
  })

  test('[G1] [H8] asks for the own certificate before its intermediates', () => {
    expect(problemsOf({ ...settings(ours), KAFKA_SSL_CERT: `${ours.certificate}${sealed.certificate}` })).toEqual([])
    expect(problemsOf({ ...settings(ours), KAFKA_SSL_CERT: `${sealed.certificate}${ours.certificate}` })).toEqual([
      'KAFKA_SSL_CERT: expected the one of KAFKA_SSL_KEY and its intermediates behind it, got it in place 2: the own one comes first',
    ])
  })

  test('[G1] [H8] names the files that certificate, key and password came from', async () => {
    const directory = await openTempDir()
    const [certificate, key] = [join(directory, 'client.crt'), join(directory, 'client.key')]
    writeFileSync(certificate, ours.certificate)
    writeFileSync(key, sealed.key)
    const files = { KAFKA_SSL_CERT_FILE: certificate, KAFKA_SSL_KEY_FILE: key }
    expect(problemsOf(files)).toEqual([`KAFKA_SSL_KEY_FILE: it is encrypted, and no KAFKA_SSL_KEY_PASSWORD is given (${key})`])
    expect(problemsOf({ ...files, KAFKA_SSL_KEY_PASSWORD: 'its password' })).toEqual([
      `KAFKA_SSL_KEY_FILE: expected the private key of KAFKA_SSL_CERT_FILE, got that of another certificate (${key})`,
    ])
  })

  test('[G1] [H8] tells of a certificate that is not valid now, and starts: the clock may be wrong', () => {
    const at = (days: number) => parseConfig({ ...beside, ...settings(ours) }, new Date(Date.now() + days * DAY_MS))
    expect(at(0)).toMatchObject({ ok: true, warnings: [] })
    const [expired, early] = [/^expired at \d{4}-\d\d-\d\dT[\d:.]+Z$/, /^is not valid before \d{4}-\d\d-\d\dT[\d:.]+Z$/]
    expect(at(2)).toMatchObject({
      ok: true,
      warnings: [{ name: 'KAFKA_SSL_CERT', message: expect.stringMatching(expired) }],
    })
    expect(at(-1)).toMatchObject({ ok: true, warnings: [{ name: 'KAFKA_SSL_CERT', message: expect.stringMatching(early) }] })
  })

  test('[H7] a look at certificates says until when those of the settings and of servers hold; who does not answer is left to others', async () => {
    const server = createServer({ cert: sealed.certificate, key: sealed.key, passphrase: 'its password' })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const parsed = parseConfig({
      ...{ ...beside, ...settings(ours), KAFKA_BROKERS: '127.0.0.1:1' },
      SCHEMA_REGISTRY_URL: `https://127.0.0.1:${port}/`,
    })
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
    const findings = await examineCertificates(parsed.config, { nowAt: Date.now() }, never)
    expect(findings.map(({ state, found }) => [state, found])).toEqual([
      ['warn', expect.stringMatching(/^that of KAFKA_SSL_CERT expires in 0 days, on \d{4}-\d\d-\d\d$/)],
      ['warn', expect.stringMatching(new RegExp(`^that of 127\\.0\\.0\\.1:${port} expires in 0 days`))],
    ])
    expect(
      (await examineCertificates(parsed.config, { nowAt: Date.now() + 2 * DAY_MS }, never)).map(({ state }) => state),
    ).toEqual(['bad', 'bad'])
  })
})
