// What the page's JavaScript is held to: `npx --yes eslint@9 -c tests/web/eslint.config.mjs pages tests`
import { createRequire } from "node:module";

const js = createRequire(process.argv[1])("@eslint/js"); // ESLint's own copy: nothing is installed into the project

const BROWSER = ["Blob", "ImageData", "OffscreenCanvas", "ResizeObserver", "cancelAnimationFrame", "clearInterval", "clearTimeout",
  "createImageBitmap", "document", "getComputedStyle", "navigator", "performance", "requestAnimationFrame", "setInterval", "setTimeout", "window"];
const BOTH = ["TextDecoder", "TextEncoder", "URL"];
const readonly = (names) => Object.fromEntries(names.map((name) => [name, "readonly"]));

export default [
  {
    ...js.configs.recommended,
    files: ["**/*.js", "**/*.mjs"],
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      ...js.configs.recommended.rules,
      "max-lines": ["error", 200],
      "max-lines-per-function": ["error", 60],
      eqeqeq: "error",
      "no-shadow": "error",
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
      "prefer-template": "error",
    },
  },
  { files: ["pages/**"], languageOptions: { globals: readonly([...BROWSER, ...BOTH]) } },
  { files: ["tests/**"], languageOptions: { globals: readonly([...BOTH, "process"]) }, rules: { "max-lines-per-function": "off" } },
];
