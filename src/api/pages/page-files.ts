// The built pages, as they lie in dist/: read once, each with its tag. Made from console/ by npm run generate.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { escapeHtml } from './html.ts'

/** `etag`: of the bytes. */
export type PageFile = { body: Buffer; type: string; etag: string }
export type PageFiles = {
  home: PageFile
  reference: PageFile
  icon: PageFile
  /** By name; each name has a hash of its content in it. */
  assets: ReadonlyMap<string, PageFile>
  /** Changes with anything of the pages: an open one finds out that it is old. */
  build: string
}

const dist = new URL('./dist/', import.meta.url)
const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

export function readPageFiles({ version }: { version: string }): PageFiles {
  const templates = { home: read('index.html'), reference: read('docs.html') }
  const build = hashOf(Buffer.concat(Object.values(templates))).slice(0, 12)
  const fill = (template: Buffer) =>
    pageFile(
      'page.html',
      Buffer.from(template.toString('utf8').replaceAll('{{version}}', escapeHtml(version)).replaceAll('{{build}}', build)),
    )
  const assets = new Map(readdirSync(new URL('assets/', dist)).map(name => [name, pageFile(name, read(`assets/${name}`))]))
  const icon = [...assets.values()].find(({ type }) => type === types['.svg'])
  if (icon === undefined) throw new Error(`${dist.pathname}: expected an icon among the built files`)
  return { home: fill(templates.home), reference: fill(templates.reference), icon, assets, build }
}

const read = (path: string): Buffer => readFileSync(new URL(path, dist))

const pageFile = (name: string, body: Buffer): PageFile => ({
  body,
  type: types[extname(name)] ?? 'application/octet-stream',
  etag: `"${hashOf(body).slice(0, 32)}"`,
})

const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
