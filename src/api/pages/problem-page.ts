// A refusal as a browser shows it: the sentences of the problem, what to do, and the way home. Needs no file, so that it is there while
// zaplog starts, too.
import { createHash } from 'node:crypto'
import type { Problem, problemBody } from '../problems.ts'
import { escapeHtml } from './html.ts'
import { contentSecurityPolicy } from './page-headers.ts'

export function problemPage({ title, status, detail }: ReturnType<typeof problemBody>, problem: Problem): string {
  const again = status === 503 ? problem.retryAfterSeconds : null
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${again === null ? '' : `<meta http-equiv="refresh" content="${again}">\n`}<title>${escapeHtml(title)} · zaplog</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(detail)}</p>
<p>${nextStep(status, again)}</p>
<p><a href="/">Home</a> · <a href="/docs">API reference</a></p>
<p><small>${status} ${escapeHtml(`urn:zaplog:problem:${problem.code}`)}</small></p>
</main>
</body>
</html>
`
}

function nextStep(status: number, again: number | null): string {
  if (again !== null) return `This page tries again in ${again} s.`
  if (status === 401)
    return 'A browser sends no key with an address. The pages ask for it once; programs send <code>authorization: Bearer &lt;key&gt;</code>.'
  return 'Programs get the same as JSON, unless they ask for text/html.'
}

const style =
  ':root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;margin:0;padding:2rem 1rem}main{max-width:42rem;margin:0 auto}' +
  'h1{font-size:1.4rem}p{overflow-wrap:anywhere}a{color:LinkText}a:focus-visible{outline:2px solid;outline-offset:2px}'

/** Its one style is named by its hash: nothing else that is inline counts. */
export const problemPagePolicy = contentSecurityPolicy({
  style: `'sha256-${createHash('sha256').update(style).digest('base64')}'`,
})
