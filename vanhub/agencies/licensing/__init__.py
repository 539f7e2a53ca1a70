"""Licences and quotas (配额许可证管理系统)."""
