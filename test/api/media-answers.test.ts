// What is decided before a byte of media goes out: whose link it is, which bytes are asked for, and whether a browser may show them.
import { describe, expect, test } from 'vitest'
import { byteRange } from '../../src/api/media/byte-range.ts'
import { contentDisposition } from '../../src/api/media/content-disposition.ts'
import { createMediaLinks } from '../../src/runtime/media-links.ts'

describe('links', () => {
  const links = createMediaLinks({ publicUrl: 'https://zap.example/', key: Buffer.alloc(32, 1) })
  const eventId = '0123456789abcdef0123456789abcdef'
  const parse = (text: string) => {
    const url = new URL(text)
    return { signature: url.searchParams.get('sig') ?? '', exp: url.searchParams.get('exp'), path: url.pathname }
  }

  test('[C7] a link is the same each time it is made, and never ends', () => {
    const link = links.link(eventId, 'file')
    expect(link).toBe(links.link(eventId, 'file'))
    expect(link).toMatch(/^https:\/\/zap\.example\/m\/0123456789abcdef0123456789abcdef\?sig=[\w-]{22}$/)
    expect(links.verify({ eventId, kind: 'file', signature: parse(link).signature, expiresAtSeconds: null }, 9e15)).toBe('valid')
  })

  test('[C7] a signature opens one file and no other, neither its thumbnail nor another expiry', () => {
    const { signature } = parse(links.link(eventId, 'file'))
    const other = `${eventId.slice(0, -1)}e`
    expect(links.verify({ eventId: other, kind: 'file', signature, expiresAtSeconds: null }, 0)).toBe('invalid')
    expect(links.verify({ eventId, kind: 'thumbnail', signature, expiresAtSeconds: null }, 0)).toBe('invalid')
    expect(links.verify({ eventId, kind: 'file', signature, expiresAtSeconds: 10 }, 0)).toBe('invalid')
    expect(links.verify({ eventId, kind: 'file', signature: '', expiresAtSeconds: null }, 0)).toBe('invalid')
    expect(links.verify({ eventId, kind: 'file', signature: `${signature}A`, expiresAtSeconds: null }, 0)).toBe('invalid')
  })

  test('[C7] a link with an expiry ends then, and only its own signature may say when', () => {
    const link = parse(links.link(eventId, 'thumbnail', 2_000))
    expect(link).toMatchObject({ path: `/m/${eventId}/thumbnail`, exp: '2000' })
    const given = { eventId, kind: 'thumbnail', signature: link.signature } as const
    expect(links.verify({ ...given, expiresAtSeconds: 2_000 }, 1_999_999)).toBe('valid')
    expect(links.verify({ ...given, expiresAtSeconds: 2_000 }, 2_000_000)).toBe('expired')
    expect(links.verify({ ...given, expiresAtSeconds: 3_000 }, 1_000)).toBe('invalid')
    expect(links.verify({ ...given, expiresAtSeconds: null }, 1_000)).toBe('invalid')
  })

  test('[C7] links of another key are invalid', () => {
    const others = createMediaLinks({ publicUrl: 'https://zap.example', key: Buffer.alloc(32, 2) })
    const { signature } = parse(others.link(eventId, 'file'))
    expect(links.verify({ eventId, kind: 'file', signature, expiresAtSeconds: null }, 0)).toBe('invalid')
  })
})

describe('ranges', () => {
  test.each([
    ['bytes=0-0', { fromByte: 0, toByte: 0 }],
    ['bytes=2-5', { fromByte: 2, toByte: 5 }],
    ['bytes=5-', { fromByte: 5, toByte: 9 }],
    ['bytes=5-400', { fromByte: 5, toByte: 9 }],
    ['bytes=-3', { fromByte: 7, toByte: 9 }],
    ['bytes=-300', { fromByte: 0, toByte: 9 }],
    ['Bytes = 1-2', { fromByte: 1, toByte: 2 }],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    [undefined, null],
    ['bytes=5-2', null],
    ['bytes=0-1,3-4', null],
    ['items=0-1', null],
    ['bytes=-', null],
    ['bytes=a-b', null],
  ])('[C7] %s of ten bytes', (header, expected) => {
    expect(byteRange(header, 10)).toEqual(expected)
  })

  test('[C7] no range of an empty file can be satisfied', () => {
    expect(byteRange('bytes=0-', 0)).toBe('unsatisfiable')
    expect(byteRange('bytes=-5', 0)).toBe('unsatisfiable')
  })
})

describe('content disposition', () => {
  const of = (contentType: string, fileName: string | null = null, download = false) =>
    contentDisposition({ contentType, fileName, download })

  test.each([
    'image/jpeg',
    'image/png',
    'image/webp',
    'video/mp4',
    'audio/ogg; codecs=opus',
    'application/pdf',
    'text/plain; charset=utf-8',
  ])('[I3] %s may be shown', contentType => expect(of(contentType)).toBe('inline'))

  test.each([
    'text/html',
    'TEXT/HTML; charset=utf-8',
    'application/xhtml+xml',
    'image/svg+xml',
    'text/xml',
    'application/xml',
    'text/javascript',
    'application/javascript',
    'text/css',
    'multipart/related',
    'application/octet-stream',
    'application/x-never-heard-of',
    'image/jpeg,text/html',
    '',
  ])('[I3] %s is saved, because a browser would run it or might', contentType => expect(of(contentType)).toBe('attachment'))

  test('[I3] whoever asks to download gets the file saved', () => {
    expect(of('image/jpeg', null, true)).toBe('attachment')
  })

  test('[I3] a file name cannot begin another header, leave its quotes, name a directory or turn its direction', () => {
    const header = of('application/pdf', '../..\\"a\r\nset-cookie: x=1\u202Egpj.exe"%41;é\'*.pdf')
    expect(header).toBe(
      `inline; filename="__..__aset-cookie_ x=1gpj.exe__41;_'*.pdf"; filename*=UTF-8''__.._%22aset-cookie_%20x%3D1gpj.exe%22%2541%3B%C3%A9%27%2A.pdf`,
    )
  })

  test('[I3] names without a usable character and names with half a character still give a header', () => {
    expect(of('application/pdf', '\u200b \n')).toBe(`inline; filename="file"; filename*=UTF-8''file`)
    expect(of('application/pdf', 'a\ud800.pdf')).toContain("filename*=UTF-8''a.pdf")
    expect(of('application/pdf', 'x'.repeat(5_000)).length).toBeLessThan(600)
  })
})
