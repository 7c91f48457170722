#!/usr/bin/env node
// What npm links: it must be there before the build that `npm ci` ends with, or there would be no link.
import '../dist/cli.js'
