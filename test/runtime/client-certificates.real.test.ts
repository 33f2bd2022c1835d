// What Kafka is shown of us is checked before anything is opened: a certificate and the key of the same one.
import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../src/runtime/config.ts'
import { makeCertificate } from '../ground/certificates.ts'
import { runsHere } from '../ground/runs-here.ts'

const problemsOf = (env: Record<string, string>) => {
  const parsed = parseConfig(env)
  return parsed.ok ? [] : parsed.problems.map(problem => `${problem.name}: ${problem.message}`)
}

describe.runIf(await runsHere('openssl'))('the configuration', () => {
  test('[G1] [H8] knows a client certificate that has no key, or another’s, before anything is opened', async () => {
    const [ours, sealed] = await Promise.all([makeCertificate('ours'), makeCertificate('sealed', 'its password')])
    const tls = { KAFKA_SSL: 'true', KAFKA_SSL_CERT: ours.certificate, KAFKA_SSL_KEY: ours.key }
    expect(problemsOf(tls)).toEqual([])
    expect(problemsOf({ ...tls, KAFKA_SSL: 'false' })).toEqual(['KAFKA_SSL: expected true when KAFKA_SSL_CERT is set'])
    expect(problemsOf({ ...tls, KAFKA_SSL_KEY: '' })).toEqual(['KAFKA_SSL_KEY: expected one when KAFKA_SSL_CERT is set'])
    expect(problemsOf({ ...tls, KAFKA_SSL_CERT: '' })).toEqual(['KAFKA_SSL_CERT: expected one when KAFKA_SSL_KEY is set'])
    expect(problemsOf({ ...tls, KAFKA_SSL_CERT: sealed.certificate })).toEqual([
      'KAFKA_SSL_KEY: expected the private key of KAFKA_SSL_CERT, got that of another certificate',
    ])
    const encrypted = { KAFKA_SSL: 'true', KAFKA_SSL_CERT: sealed.certificate, KAFKA_SSL_KEY: sealed.key }
    expect(problemsOf({ ...encrypted, KAFKA_SSL_KEY_PASSWORD: 'its password' })).toEqual([])
    for (const password of ['', 'another'])
      expect(problemsOf({ ...encrypted, KAFKA_SSL_KEY_PASSWORD: password })).toEqual([
        'KAFKA_SSL_KEY_PASSWORD: expected the one that opens KAFKA_SSL_KEY',
      ])
    expect(problemsOf({ KAFKA_SSL_KEY: '/etc/client.key' })).toEqual([
      'KAFKA_SSL_KEY: expected a private key in PEM, -----BEGIN PRIVATE KEY----- and its lines, got something else',
    ])
  })
})
