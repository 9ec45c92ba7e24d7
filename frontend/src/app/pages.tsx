// The pages at their addresses, each with its layout.
import { Router } from "@/ui/router";
import { Layout } from "./layout";
import { Overlays } from "./overlays";
import { Lost, PageError } from "./page-error";
import { REDIRECTS, ROUTES } from "./routes";

const PLACED = ROUTES.map(({ path, page: Page, ...route }) => ({
  path,
  page: () => (
    <Layout {...route}>
      <Page />
    </Layout>
  ),
}));

export function Pages() {
  return (
    <Router routes={PLACED} redirects={REDIRECTS} lost={<Lost />} broken={(error) => <PageError error={error} />}>
      <Overlays />
    </Router>
  );
}
