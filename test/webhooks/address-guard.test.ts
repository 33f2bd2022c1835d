import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { Agent, request } from 'undici'
import { describe, expect, it } from 'vitest'
import { fetchMedia } from '../../src/processors/download/fetch-media.ts'
import { type Allowances, mediaUrlAllowances, refuseAddress } from '../../src/runtime/address-guard.ts'
import { createGuardedConnector, type Resolve } from '../../src/runtime/guarded-connector.ts'
import { checkUrl } from '../../src/webhooks/endpoints/settings.ts'
import { openReceiver } from '../ground/receiver.ts'

const nothing = { allowLoopback: false, allowCidrs: [] }
const denied =
  `10.254.0.0 192.168.10.65 172.16.10.65 0.1.2.3 0.0.0.0 127.254.254.254 169.254.45.1 255.255.255.255 224.1.2.3 192.0.0.255
192.0.2.255 198.51.100.65 203.0.113.6 100.64.0.1 100.127.255.254 192.88.99.3 198.18.0.0 240.240.240.240 :: ::1 ::ffff:127.0.0.1
::ffff:0.0.0.1 2001:db8::1 3fff::dead:beef fe80::1 febf:ffff::1 fdee:3a45:9057::1 fd00:ec2::254 2002:a9fe:a9fe::1 64:ff9b::a9fe:a9fe
64:ff9b:1::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 5f00::1 100::1 ff02::2 fec0::1 ::7f00:1 2001:10::1 ::ffff:8.8.8.8 fe80::1%eth0`.split(
    /\s+/,
  )
/** As their clouds document them: AWS' instances, containers and pods, Alibaba, Oracle, Azure, then AWS and Google over IPv6. */
const metadataServices = `169.254.169.254 169.254.170.2 169.254.170.23 100.100.100.200 192.0.0.192 168.63.129.16
fd00:ec2::254 fd00:ec2::23 fd20:ce::254`.split(/\s+/)
/** Each way in which IPv6 can spell 169.254.169.254. */
const carriers = `::ffff:169.254.169.254 ::ffff:0:a9fe:a9fe 64:ff9b::a9fe:a9fe 64:ff9b:1::a9fe:a9fe 2002:a9fe:a9fe::1
2001:0:4136:e378:8000:63bf:5601:5601`.split(/\s+/)
const allowed = '1.1.1.1 8.8.8.8 100.63.255.254 100.128.0.1 2606:4700:4700::1111 2001:4860:4860::8888 64:ff9c::1'.split(' ')

describe('addresses', () => {
  it.each(denied)('[E9] %s is refused', address => {
    expect(refuseAddress(address, nothing)).not.toBeNull()
  })
  it.each(allowed)('[E9] %s may be dialled', address => {
    expect(refuseAddress(address, nothing)).toBeNull()
  })
  it('[E9] WEBHOOK_ALLOW_CIDRS opens a private range, and only that', () => {
    const opened = { allowLoopback: false, allowCidrs: ['10.1.0.0/16', 'fd12::/16'] }
    expect(refuseAddress('10.1.2.3', opened)).toBeNull()
    expect(refuseAddress('fd12::1', opened)).toBeNull()
    expect(refuseAddress('10.2.2.3', opened)).toBe('a private address')
    expect(refuseAddress('127.0.0.1', opened)).toBe('a loopback address')
  })
  it('[E9] nothing opens metadata services, nor addresses inside other addresses', () => {
    const everything = { allowLoopback: true, allowCidrs: ['0.0.0.0/0', '::/0'] }
    for (const address of metadataServices)
      expect(refuseAddress(address, everything), address).toBe('an address of a metadata service')
    for (const address of carriers) expect(refuseAddress(address, everything), address).toMatch(/^an? (IPv4-|NAT64|6to4|Teredo)/)
    expect(refuseAddress('10.0.0.1', everything)).toBeNull()
  })
  it('[E9] WEBHOOK_ALLOW_LOOPBACK opens this machine and nothing else', () => {
    const loopback = { allowLoopback: true, allowCidrs: [] }
    expect(refuseAddress('127.0.0.1', loopback)).toBeNull()
    expect(refuseAddress('::1', loopback)).toBeNull()
    expect(refuseAddress('0.0.0.0', loopback)).not.toBeNull()
    expect(refuseAddress('10.0.0.1', loopback)).not.toBeNull()
  })
})

describe('URLs of endpoints', () => {
  it.each([
    'https://1:2@[::1]:9876',
    'https://[0:0:0:0:0:ffff:7f00:1]:9854',
    'https://127.0.0.1/',
    'https://localhost/',
    'https://localhost./',
    'https://api.localhost/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://127.1/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::1]/',
    'https://0/',
    'https://[::]/',
    'https://10.0.0.1/',
    'https://169.254.169.254/latest/meta-data',
    'http://example.com/',
    'http://127.0.0.1/',
    'ftp://example.com/',
    'https://user:secret@example.com/',
    'https://example.com/#fragment',
    'https://example.com/#',
    'example.com',
    '',
  ])('[E9] %s is refused', url => {
    expect(checkUrl(url, nothing)).toMatchObject({ issues: [{ path: ['url'] }] })
  })
  it('[E9] a public https address is taken, and http where the operator opened the address', () => {
    expect(checkUrl('https://example.com/webhooks?key=1', nothing)).toBeNull()
    expect(checkUrl('https://1.1.1.1/', nothing)).toBeNull()
    expect(checkUrl('http://127.0.0.1:8080/', { allowLoopback: true, allowCidrs: [] })).toBeNull()
    const containers = { allowLoopback: false, allowCidrs: ['172.16.0.0/12'] }
    expect(checkUrl('http://172.18.0.4:5678/webhook', containers)).toBeNull()
    expect(checkUrl('http://n8n:5678/webhook', containers)).toBeNull() // what it resolves to is looked at when it is dialled
    for (const url of [
      'http://10.0.0.1/',
      'http://1.1.1.1/',
      'http://localhost:5678/',
      'http://127.0.0.1/',
      'http://169.254.169.254/',
    ])
      expect(checkUrl(url, containers), url).not.toBeNull()
    expect(checkUrl('https://10.0.0.1/', { allowLoopback: false, allowCidrs: ['10.0.0.0/8'] })).toBeNull()
  })
  it('[E9] a refusal names the setting that would open the address, where there is one', () => {
    const refusalOf = (url: string) => checkUrl(url, nothing)?.issues[0]?.message
    expect(refusalOf('http://n8n:5678/webhook')).toContain('WEBHOOK_ALLOW_CIDRS, such as 172.16.0.0/12')
    expect(refusalOf('http://172.18.0.4:5678/')).toContain('WEBHOOK_ALLOW_CIDRS=172.18.0.4/32 opens it')
    expect(refusalOf('https://[fd12::1]/')).toContain('WEBHOOK_ALLOW_CIDRS=fd12::1/128 opens it')
    expect(refusalOf('http://127.0.0.1:3000/')).toContain('WEBHOOK_ALLOW_LOOPBACK=true')
    expect(refusalOf('http://169.254.169.254/')).not.toContain('opens it')
  })
  it('[E9] a refusal does not repeat credentials', () => {
    expect(JSON.stringify(checkUrl('https://user:secret@example.com/', nothing))).not.toContain('secret')
  })
})

describe('the connector', () => {
  const dial = async (url: string, options: Partial<Allowances> & { resolve?: Resolve } = {}) => {
    const { allowLoopback = false, allowCidrs = [], resolve } = options
    const connect = createGuardedConnector({ allowances: { allowLoopback, allowCidrs }, ...(resolve && { resolve }) })
    const agent = new Agent({ connect })
    try {
      const answer = await request(url, { dispatcher: agent, method: 'POST', body: '{}' })
      await answer.body.dump()
      return answer.statusCode
    } catch (error) {
      return error instanceof Error && 'code' in error ? error.code : error
    } finally {
      await agent.destroy()
    }
  }
  const answers =
    (...sets: readonly (readonly string[])[]): Resolve =>
    (_hostname, answer) => {
      const set = asked < sets.length - 1 ? sets[asked++] : sets.at(-1)
      answer(
        null,
        (set ?? []).map(address => ({ address, family: address.includes(':') ? 6 : 4 })),
      )
    }
  let asked = 0

  it('[E9] no spelling of this machine reaches it, and no socket is opened', async () => {
    let connections = 0
    const server = createServer(socket => {
      connections++
      socket.destroy()
    })
    await new Promise<void>(resolve => server.listen(0, resolve))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const hosts = [
      '127.0.0.1',
      'localhost',
      '2130706433',
      '0x7f.1',
      '0177.0.0.1',
      '127.1',
      '[::ffff:127.0.0.1]',
      '[::1]',
      '0',
      '[::]',
    ]
    for (const scheme of ['http', 'https'])
      for (const host of hosts) expect(await dial(`${scheme}://${host}:${port}/`), `${scheme}://${host}`).toBe('address-blocked')
    expect(connections).toBe(0)
    await new Promise(resolve => server.close(resolve))
  })

  it('[E9] http leaves this machine on no connection, whatever a name resolves to', async () => {
    for (const host of ['1.1.1.1', '[2606:4700:4700::1111]', '10.0.0.1'])
      expect(await dial(`http://${host}/`, { allowLoopback: true }), host).toBe('address-blocked')
    expect(await dial('http://receiver.example/', { allowLoopback: true, resolve: answers(['1.1.1.1']) })).toBe('address-blocked')
  })

  it('[E9] http reaches what is inside WEBHOOK_ALLOW_CIDRS, by name and by address, and nothing beside it', async () => {
    const receiver = await openReceiver()
    const port = new URL(receiver.url).port
    const allowCidrs = ['127.0.0.1/32', '169.254.0.0/16']
    const byName = (...addresses: string[]) => dial(`http://n8n:${port}/`, { allowCidrs, resolve: answers(addresses) })
    expect(await dial(`http://127.0.0.1:${port}/`, { allowCidrs })).toBe(200)
    expect(await byName('127.0.0.1')).toBe(200)
    for (const set of [
      ['127.0.0.2'],
      ['10.0.0.1'],
      ['1.1.1.1'],
      ['127.0.0.1', '127.0.0.2'],
      ['169.254.169.254'],
      ['::ffff:127.0.0.1'],
    ])
      expect(await byName(...set), set.join()).toBe('address-blocked')
    expect(receiver.attempts).toHaveLength(2)
    await receiver.close()
  })

  it('[E9] a name is refused when any of its addresses is inside', async () => {
    for (const set of [['127.0.0.1'], ['1.1.1.1', '10.0.0.1'], ['2606:4700:4700::1111', '::1'], ['169.254.169.254']]) {
      asked = 0
      expect(await dial('https://receiver.example/', { resolve: answers(set) })).toBe('address-blocked')
    }
  })

  it('[E9] a resolver that changes its mind is asked once per connection, and the checked address is the one dialled', async () => {
    const receiver = await openReceiver()
    const port = new URL(receiver.url).port
    asked = 0
    const resolve = answers(['127.0.0.1'], ['10.0.0.1'])
    expect(await dial(`http://receiver.example:${port}/`, { resolve, allowLoopback: true })).toBe(200)
    expect(await dial(`http://receiver.example:${port}/`, { resolve, allowLoopback: true })).toBe('address-blocked')
    expect(receiver.attempts).toHaveLength(1)
    await receiver.close()
  })
})

describe('a file at a URL, whose name leads elsewhere by the second answer', () => {
  /** One where MEDIA_URL_ALLOW_CIDRS leads stands for a public one, which nothing is sent to here. */
  const [outside, inside] = ['127.0.0.1', '127.0.0.2']
  const never = new AbortController().signal
  const timeouts = { idleTimeoutMs: 5_000, minTotalTimeoutMs: 5_000, timeoutFactor: 1 }

  /** The same port at both; what was asked of each. */
  async function openBoth() {
    const asked = { outside: 0, inside: 0 }
    const listen = (place: 'outside' | 'inside', host: string, port: number) =>
      new Promise<ReturnType<typeof createHttpServer>>(resolve => {
        const server = createHttpServer((_request, response) => {
          asked[place] += 1
          response.setHeader('connection', 'close').end(place)
        })
        server.listen(port, host, () => resolve(server))
      })
    const first = await listen('outside', outside, 0)
    const address = first.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const servers = [first, await listen('inside', inside, port)]
    return {
      url: new URL(`http://files.example:${port}/a.jpg`),
      asked,
      close: () => Promise.all(servers.map(server => new Promise(resolve => server.close(resolve)))),
    }
  }

  it('[C13] [E9] comes from the address that was judged, and the next try to another one is refused before it is dialled', async () => {
    const { url, asked, close } = await openBoth()
    const answered: string[] = []
    const resolve: Resolve = (_hostname, answer) => {
      const address = answered.length === 0 ? outside : inside
      answered.push(address)
      answer(null, [{ address, family: 4 }])
    }
    const allowances = mediaUrlAllowances({ allowCidrs: [`${outside}/32`] })
    const dispatcher = new Agent({ connect: createGuardedConnector({ allowances, resolve }), allowH2: false })
    const fetched = async () => {
      const wanted = { ...timeouts, url, from: 'anywhere', announcedBytes: null, maxBytes: 1_000 } as const
      return Buffer.concat(await Array.fromAsync(fetchMedia({ dispatcher }, wanted, never))).toString()
    }
    expect(await fetched()).toBe('outside')
    expect(answered).toEqual([outside])
    await expect(fetched()).rejects.toMatchObject({ cause: { code: 'address-blocked' } })
    expect(answered).toEqual([outside, inside])
    expect(asked).toEqual({ outside: 1, inside: 0 })
    await dispatcher.destroy()
    await close()
  })
})
