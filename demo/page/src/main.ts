// Starts the page: its theme, and the tab that is asked for.
import "../styles/tokens.css";
import "../styles/layout.css";
import "../styles/controls.css";
import "../styles/panels.css";
import "../styles/tabs.css";
import { startTabs } from "./tabs.js";
import { startTheme } from "./theme.js";

startTheme();
startTabs();
