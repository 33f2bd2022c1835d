// What is no whole PEM is said in words by which whoever made the file knows what happened to it, and nothing of it is repeated.
import { generateKeyPairSync } from 'node:crypto'
import { rootCertificates } from 'node:tls'
import { expect, test } from 'vitest'
import { parseCertificate, parsePrivateKey } from '../../src/runtime/config-values.ts'

const [first = '', second = ''] = rootCertificates
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const sealing = { cipher: 'aes-256-cbc', passphrase: 'hunter2' }
const keys = {
  pkcs8: key,
  'pkcs8, encrypted': privateKey.export({ type: 'pkcs8', format: 'pem', ...sealing }).toString(),
  'of the old kind': privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
  'of the old kind, encrypted': privateKey.export({ type: 'pkcs1', format: 'pem', ...sealing }).toString(),
}
const without = (pem: string, nth: number) => pem.split('\n').toSpliced(nth, 1).join('\n')
const garbled = (pem: string, nth: number) =>
  pem
    .split('\n')
    .with(nth, `${'?'.repeat(64)}`)
    .join('\n')
const gotOf = (parsed: unknown) => (typeof parsed === 'object' && parsed !== null && 'got' in parsed ? parsed.got : null)

test('[H8] certificates are taken alone, in a chain, with a text or a key before them, and with the line ends of Windows', () => {
  const chain = `${first}\n${second}\n`
  for (const pem of [first, chain, `Certificate:\n    Data: v3\n${first}`, `${key}${first}`, first.replaceAll('\n', '\r\n')])
    expect(parseCertificate(pem)).toBe(pem)
})

test.each(Object.entries(keys))('[H8] a key that is %s is taken, with the line ends of Windows, too', (_, pem) => {
  expect(parsePrivateKey(pem)).toBe(pem)
  expect(parsePrivateKey(pem.replaceAll('\n', '\r\n'))).toBe(pem.replaceAll('\n', '\r\n'))
  expect(parsePrivateKey(`${first}\n${pem}`)).toBe(`${first}\n${pem}`)
})

test.each([
  ['cut off', first.slice(0, 600), 'one that is cut off, without its END line'],
  ['without a line', without(first, 5), 'one that is damaged'],
  ['with a garbled line', garbled(first, 5), 'one that is damaged'],
  ['whose second is without a line', `${first}\n${without(second, 5)}`, 'one that is damaged'],
  ['with \\n', first.replaceAll('\n', '\\n'), 'one with \\n written out where its lines end'],
  ['with blanks for line ends', first.replaceAll('\n', ' '), 'one without its line ends'],
  ['that is a key', key, 'a private key'],
  ['that is a request', first.replaceAll('CERTIFICATE', 'CERTIFICATE REQUEST'), 'a request for a certificate'],
])('[H8] a certificate %s is refused in words', (_, pem, got) => {
  expect(gotOf(parseCertificate(pem))).toBe(got)
})

test.each(Object.entries(keys))('[H8] a damaged key that is %s is refused in words', (_, pem) => {
  expect(gotOf(parsePrivateKey(pem.slice(0, 600)))).toBe('one that is cut off, without its END line')
  expect(gotOf(parsePrivateKey(garbled(pem, 8)))).toBe('one that is damaged')
  expect(gotOf(parsePrivateKey(pem.replaceAll('\n', '\\n')))).toBe('one with \\n written out where its lines end')
  if (!pem.includes('DEK-Info')) expect(gotOf(parsePrivateKey(without(pem, 8)))).toBe('one that is damaged')
})

test('[H8] what is no private key is called what it is', () => {
  expect(gotOf(parsePrivateKey(first))).toBe('a certificate')
  expect(gotOf(parsePrivateKey(publicKey.export({ type: 'spki', format: 'pem' }).toString()))).toBe('a public key')
  expect(gotOf(parsePrivateKey(key.replaceAll('PRIVATE', 'OPENSSH PRIVATE')))).toBe('one in the format of OpenSSH')
  expect(gotOf(parsePrivateKey('/etc/client.key'))).toBe('something else')
})
