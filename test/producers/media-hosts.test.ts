// Where files go: to WhatsApp's hosts alone, whatever is said to be one, and with a word that is asked for no more often than it has to be.
import { expect, test } from 'vitest'
import { createMediaConnection, type MediaHosts } from '../../src/producers/upload/media-connection.ts'
import { postFile } from '../../src/producers/upload/post-file.ts'
import type { Posted } from '../../src/producers/upload/post-stream.ts'
import { sealingOf } from '../../src/producers/upload/seal-file.ts'
import { never } from '../../src/runtime/or-abort.ts'

const read = async () => ({ body: [Buffer.from('a photo')].values() as unknown as AsyncIterable<Uint8Array> })
const said = (hosts: readonly string[]): MediaHosts => ({ auth: 'a+b/=', hosts, ttlSeconds: 300 })

async function urlsOf(hosts: readonly string[], cdnUrl: string | null = null): Promise<readonly URL[]> {
  const urls: URL[] = []
  const post = async ({ url }: { url: URL }): Promise<Posted> => {
    urls.push(url)
    return { is: 'not-posted', status: 500, why: 'got 500' }
  }
  const sealing = await sealingOf(read, 'image')
  const connection = createMediaConnection(async () => said(hosts), Date.now)
  expect(await postFile({ cdnUrl, post }, { kind: 'image', sealing, connection }, never)).toMatchObject({ is: 'away' })
  return urls
}

test('[C13] [I3] a host that is none of WhatsApp’s gets no byte', async () => {
  const strangers = [
    'example.com',
    'mmg.whatsapp.net.example.com',
    'me@mmg.whatsapp.net',
    'mmg.whatsapp.net:8443',
    'mmg.whatsapp.net/x',
  ]
  expect(await urlsOf([...strangers, '169.254.169.254', '', 'evilwhatsapp.net', 'mmg.whatsapp.net#'])).toEqual([])
  const [url, ...others] = await urlsOf([...strangers, 'mmg.whatsapp.net'])
  expect(others).toEqual([])
  expect(url?.origin).toBe('https://mmg.whatsapp.net')
  expect(url?.pathname).toMatch(/^\/mms\/image\/[\w-]{43}$/)
  expect(url?.searchParams.get('auth')).toBe('a+b/=')
  expect(url?.searchParams.get('token')).toBe(url?.pathname.slice('/mms/image/'.length))
})

test('[C13] what stands in for the CDN takes the place of each host, and of nothing else', async () => {
  const urls = await urlsOf(['mmg.whatsapp.net', 'example.com'], 'http://127.0.0.1:9')
  expect(urls.map(({ origin }) => origin)).toEqual(['http://127.0.0.1:9'])
})

test('[C13] hosts are asked for once while they are good, anew after that, and once where a word is refused, however many say so', async () => {
  let [asked, now] = [0, 0]
  const ask = async () => {
    asked += 1
    if (asked === 3) throw new Error('WhatsApp does not say')
    return said(['mmg.whatsapp.net'])
  }
  const { current, renewed } = createMediaConnection(ask, () => now)
  const [first] = await Promise.all([current(), current()])
  now = 299_999
  expect(await current()).toBe(first)
  expect(asked).toBe(1)
  now = 300_000
  const second = await current()
  expect(asked).toBe(2)
  await expect(renewed(second)).rejects.toThrow('does not say')
  const third = await current()
  await Promise.all([renewed(second), renewed(second)])
  expect(asked).toBe(4)
  expect(await renewed(second)).toBe(third)
})
