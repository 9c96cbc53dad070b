import { fileURLToPath } from 'node:url';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** What every page is made of: one file, where each alone would be a few hundred bytes. */
const EVERYWHERE =
  /dashboard[\\/]src[\\/](live|api|address|ui[\\/](badge|button|card|class-names|code-block|code-text|copy-button|empty-state|icon-button|input-style|key-value|notice|page|problem-list|problem-notice|skeleton|stat|status-dot|tone|tooltip|use-on-demand))/;

/**
 * The dashboard is served by the gateway below any path, so every URL is relative. For work on it: `npm start` in one
 * terminal, `npx vite dashboard` in another.
 */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  plugins: [react(), tailwindcss()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // An inlined asset would be a data: URL, which the content security policy refuses for scripts and fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 600,
    rolldownOptions: {
      output: {
        // Dozens of files of a few hundred bytes would wait for one another: HTTP/1.1 has six connections.
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            { name: 'icons', test: /node_modules[\\/]lucide-react/, minShareCount: 3 },
            {
              name: 'react',
              test: /node_modules[\\/](react|react-dom|scheduler|use-sync-external-store)[\\/]/,
            },
            {
              name: 'vendor',
              test: /node_modules[\\/](@tanstack[\\/](react-query|query-core|react-router|router-core|history|react-store|store)|i18next|react-i18next)[\\/]/,
            },
            { name: 'kit', test: EVERYWHERE },
          ],
        },
      },
    },
  },
  server: {
    port: 5173,
    strictPort: true,
    proxy: {
      '/api': {
        target: 'http://127.0.0.1:8001',
        changeOrigin: true,
        // The gateway refuses changes from pages that it did not serve itself.
        configure: (proxy) => {
          proxy.on('proxyReq', (call) => {
            call.removeHeader('origin');
            call.removeHeader('sec-fetch-site');
          });
        },
      },
    },
  },
});
