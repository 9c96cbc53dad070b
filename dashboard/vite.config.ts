import { fileURLToPath } from 'node:url';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

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
