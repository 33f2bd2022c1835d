// Entry of the page at /docs: the API reference, drawn from /openapi.json with the key of this tab.
import { render } from 'preact'
import { followColours, followLanguage } from '../document.ts'
import { watchServer } from '../reach.ts'
import { ReferencePage } from './reference-page.tsx'

followLanguage()
followColours()
watchServer()
const place = document.getElementById('app')
if (place !== null) render(<ReferencePage />, place)
