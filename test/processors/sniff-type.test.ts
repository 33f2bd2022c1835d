// A file is what its bytes say; what runs in a machine or a browser is never kept under another name.
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { sampleJpeg, sampleMp4, samplePdf, sampleVoice, sampleWebp } from '../../simulator/media/sample-media.ts'
import { SNIFFED_BYTES, sniffType } from '../../src/processors/sniff-type.ts'

const elf = Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01'), Buffer.alloc(200)])
const exe = Buffer.concat([Buffer.from('MZ\x90\0'), Buffer.alloc(200)])
const zip = Buffer.concat([
  Buffer.from('504b0304140000000000000000000000000000000000000000000500000061', 'hex'),
  Buffer.from('.txt'),
  Buffer.alloc(50),
])
const cfb = Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(600)])
const unknown = Buffer.from('0001020304050607', 'hex')

test.each([
  ['a JPEG', await sampleJpeg(), 'image/jpeg', 'image/jpeg', 'jpg'],
  ['a JPEG called a PNG', await sampleJpeg(), 'image/png', 'image/jpeg', 'jpg'],
  ['a JPEG called a page', await sampleJpeg(), 'text/html', 'image/jpeg', 'jpg'],
  ['a sticker', await sampleWebp(), 'image/webp', 'image/webp', 'webp'],
  ['a voice note', sampleVoice(), 'audio/ogg; codecs=opus', 'audio/ogg', 'ogg'],
  ['a video', await sampleMp4(), 'video/mp4', 'video/mp4', 'mp4'],
  ['a sound in an MP4', await sampleMp4(), 'audio/mp4', 'audio/mp4', 'm4a'],
  ['a PDF', samplePdf(), 'application/pdf', 'application/pdf', 'pdf'],
  ['a PDF nobody declared', samplePdf(), null, 'application/pdf', 'pdf'],
  ['a zip', zip, 'application/zip', 'application/zip', 'zip'],
  [
    'a docx whose head shows a zip only',
    zip,
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    'docx',
  ],
  ['an animated sticker of Lottie', zip, 'application/was', 'application/was', 'was'],
  ['a comic, a ZIP by its name', zip, 'application/vnd.comicbook+zip', 'application/vnd.comicbook+zip', 'zip'],
  ['a zip called a script, a ZIP by its name', zip, 'application/x-python+zip', 'application/zip', 'zip'],
  ['a zip called an app', zip, 'application/vnd.android.package-archive', 'application/zip', 'zip'],
  ['a program called a sticker of Lottie', exe, 'application/was', 'application/octet-stream', 'bin'],
  ['a zip called a PDF', zip, 'application/pdf', 'application/zip', 'zip'],
  ['an old Word document', cfb, 'application/msword', 'application/msword', 'doc'],
  ['text', Buffer.from('olá, mundo\n'), 'text/plain', 'text/plain', 'txt'],
  ['text with parameters', Buffer.from('a;b\n'), 'Text/CSV; charset=utf-8', 'text/csv', 'csv'],
  ['text that begins as a bitmap does', Buffer.from('BMW is a car'), 'text/plain', 'text/plain', 'txt'],
  ['text that begins as a program does', Buffer.from('MZ is a country code'), 'text/plain', 'text/plain', 'txt'],
  ['an empty text', Buffer.of(), 'text/plain', 'text/plain', 'txt'],
  ['bytes called text', unknown, 'text/plain', 'application/octet-stream', 'bin'],
  ['bytes called a JPEG', unknown, 'image/jpeg', 'application/octet-stream', 'bin'],
  ['bytes called an old Word document', unknown, 'application/msword', 'application/octet-stream', 'bin'],
  ['bytes of a type nobody knows', unknown, 'application/vnd.acme', 'application/vnd.acme', 'bin'],
  ['bytes without a type', unknown, null, 'application/octet-stream', 'bin'],
  ['bytes of no type at all', unknown, '../../etc/passwd', 'application/octet-stream', 'bin'],
  ['a program', exe, 'application/x-msdownload', 'application/x-msdownload', 'exe'],
  ['a program called a picture', exe, 'image/jpeg', 'application/octet-stream', 'bin'],
  ['a program called a document', elf, 'application/pdf', 'application/octet-stream', 'bin'],
  ['a program without a type', elf, null, 'application/octet-stream', 'bin'],
  ['a page', Buffer.from('<!DOCTYPE html><p>'), 'text/html', 'text/html', 'html'],
  ['a page called text', Buffer.from('<!DOCTYPE html><p>'), 'text/plain', 'application/octet-stream', 'bin'],
  [
    'a page after spaces and a comment',
    Buffer.from('\ufeff\n <!-- x -->\n<ScRiPt >'),
    'text/plain',
    'application/octet-stream',
    'bin',
  ],
  ['a page called a picture', Buffer.from('<html>'), 'image/jpeg', 'application/octet-stream', 'bin'],
  [
    'a drawing with scripts called XML',
    Buffer.from('<?xml version="1.0"?><svg onload="x">'),
    'text/xml',
    'application/octet-stream',
    'bin',
  ],
  ['a drawing', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg">'), 'image/svg+xml', 'image/svg+xml', 'svg'],
  ['a script called text', Buffer.from('#!/bin/sh\n'), 'text/plain', 'application/octet-stream', 'bin'],
  ['bytes called a script', Buffer.from('alert(1)'), 'text/javascript', 'application/octet-stream', 'bin'],
] as const)('[C4] %s', async (_, bytes, declared, mimetype, extension) => {
  expect(await sniffType(bytes.subarray(0, SNIFFED_BYTES), declared)).toEqual({ mimetype, extension })
})

test('[C4] no bytes make it throw', async () => {
  for (let n = 0; n < 200; n++) {
    const type = await sniffType(randomBytes(n), 'image/jpeg')
    expect(type.mimetype).toMatch(/^[a-z0-9]+\/[a-z0-9.+_-]+/)
  }
})
