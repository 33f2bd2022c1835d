// Entry of the page at /docs: the API reference, drawn from /openapi.json with the key of this tab.
import { render } from 'preact'
import { follow } from '../document.ts'
import { watchServer } from '../reach.ts'
import { ReferencePage } from './reference-page.tsx'

follow()
watchServer()
const place = document.getElementById('app')
if (place !== null) render(<ReferencePage />, place)
