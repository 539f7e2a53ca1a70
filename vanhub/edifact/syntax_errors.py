"""What the codes of CONTRL mean, in plain words: 0083 (action), 0085 (syntax error), of all syntax versions.

The words are of this project. Which codes there are is said by the service directories; the old ones (versions 1-3) have more of both.
"""

from __future__ import annotations

from dataclasses import dataclass

ACTIONS = {
    "1": ("acknowledged, with everything in it", "已确认，含其全部内容"),
    "2": ("acknowledged, although errors were found", "已确认，但发现错误"),
    "3": ("acknowledged in part: something in it is rejected", "部分确认：其中有被拒收的内容"),
    "4": ("rejected, with everything in it", "已拒收，含其全部内容"),
    "5": ("its envelope (UNB, UNZ) is accepted; what is inside is answered separately", "信封（UNB、UNZ）已接受，其内容另行答复"),
    "6": ("its envelope (UNB, UNZ) is rejected; nothing inside was read", "信封（UNB、UNZ）已拒收，其内容未被读取"),
    "7": ("acknowledged, with everything in it that is not named as rejected", "已确认，其中未指明拒收的内容一并确认"),
    "8": ("received; whether it is acknowledged was not said", "已收到，是否确认尚未说明"),
}
"""0083: English, Chinese; of an interchange, group or message."""


@dataclass(frozen=True, slots=True)
class SyntaxErrorCode:
    """A code of 0085: what it says, and what the sender of the interchange can do. ``versions``: the syntax versions whose list has it."""

    versions: range
    en: str
    zh: str
    cure_en: str
    cure_zh: str


_ALL, _OLD, _NEW = range(1, 5), range(1, 4), range(4, 5)
_ASK = ("ask the recipient what it expects", "请向收件方询问其要求")
_ELEMENT = ("correct the element and send the message again", "请更正该数据元后重发报文")
_RESEND = ("correct it and send the interchange again", "请更正后重发交换")
_LATER = ("send it again later", "请稍后重发")

SYNTAX_ERRORS = {
    "1": SyntaxErrorCode(_OLD, "UNA is not supported", "不支持 UNA", "send without UNA, with the default service characters", "请不带 UNA，使用默认服务字符"),
    "2": SyntaxErrorCode(_ALL, "syntax version or level not supported", "不支持该语法版本或级别", "write in UNB S001 what was agreed", "UNB S001 请按约定填写"),
    "3": SyntaxErrorCode(
        _OLD,
        "version or release of the message not supported",
        "不支持该报文版本或发布号",
        "send the version that was agreed (UNH S009)",
        "请发送约定的版本（UNH S009）",
    ),
    "4": SyntaxErrorCode(
        _OLD, "a service segment is missing or invalid", "服务段缺失或无效", "check UNB, UNG, UNH and their trailers", "请检查 UNB、UNG、UNH 及其结尾段"
    ),
    "5": SyntaxErrorCode(_OLD, "a trailer is in error", "结尾段有误", "check counts and references in UNT, UNE, UNZ", "请检查 UNT、UNE、UNZ 的计数与参考号"),
    "6": SyntaxErrorCode(
        _OLD, "a segment is missing or invalid", "段缺失或无效", "check the segment against the message's segment table", "请对照报文段表检查该段"
    ),
    "7": SyntaxErrorCode(
        _ALL,
        "the interchange came to somebody who is not its recipient",
        "接到交换的不是其收件方",
        "check UNB S003 and where it was sent",
        "请核对 UNB S003 与发送地址",
    ),
    "8": SyntaxErrorCode(_OLD, "too many data elements in a segment", "段内数据元过多", *_ELEMENT),
    "9": SyntaxErrorCode(_OLD, "a mandatory data element is missing", "缺少必备数据元", *_ELEMENT),
    "10": SyntaxErrorCode(_OLD, "a data element has not the attributes that it should have", "数据元的属性不符", *_ELEMENT),
    "11": SyntaxErrorCode(_OLD, "the password is invalid", "口令无效", "check the password in UNB S005", "请核对 UNB S005 的口令"),
    "12": SyntaxErrorCode(_ALL, "a value is not one of those allowed", "取值不在允许范围内", *_ELEMENT),
    "13": SyntaxErrorCode(_ALL, "something mandatory is missing", "缺少必备内容", "fill it in and send it again", "请补充后重发"),
    "14": SyntaxErrorCode(_ALL, "this value is not supported in this position", "此位置不支持该取值", *_ELEMENT),
    "15": SyntaxErrorCode(
        _ALL, "this is not supported in this position", "此位置不支持该内容", "check it against the message's segment table", "请对照报文段表检查"
    ),
    "16": SyntaxErrorCode(
        _ALL,
        "there are more elements or components than there may be",
        "数据元或成分过多",
        "remove the excess, or release a separator in a value",
        "请删除多余部分，或给值中的分隔符加释放字符",
    ),
    "17": SyntaxErrorCode(
        _ALL,
        "nothing was agreed that allows this",
        "双方没有相应的协议",
        "have it agreed with the recipient before sending it again",
        "请先与收件方达成协议再重发",
    ),
    "18": SyntaxErrorCode(_ALL, "an error that has no code of its own", "没有专用代码的错误", *_ASK),
    "19": SyntaxErrorCode(
        _OLD, "bad decimal notation", "小数写法有误", "write one decimal mark, that of UNA if there is one", "请只用一个小数点，有 UNA 时用其所定者"
    ),
    "20": SyntaxErrorCode(_ALL, "a character in UNA cannot be a service character", "UNA 中的字符不能作服务字符", *_RESEND),
    "21": SyntaxErrorCode(
        _ALL,
        "a character is not in the repertoire",
        "字符不在字符集内",
        "replace it, or announce a repertoire that has it (UNB S001)",
        "请替换，或在 UNB S001 声明包含它的字符集",
    ),
    "22": SyntaxErrorCode(_ALL, "UNA has invalid service characters", "UNA 的服务字符无效", *_RESEND),
    "23": SyntaxErrorCode(
        _ALL,
        "the recipient does not know the sender",
        "收件方不认识发件方",
        "check UNB S002, and have this address registered",
        "请核对 UNB S002，并登记该地址",
    ),
    "24": SyntaxErrorCode(
        _ALL,
        "too old",
        "过期",
        "check the clock behind UNB S004, and send it again with the present time",
        "请检查 UNB S004 的时钟，并以当前时间重发",
    ),
    "25": SyntaxErrorCode(
        _ALL, "the test indicator is not supported", "不支持该测试标志", "check UNB 0035, and what was agreed about tests", "请核对 UNB 0035 与测试约定"
    ),
    "26": SyntaxErrorCode(
        _ALL,
        "this was received before",
        "此前已收到",
        "if it was sent twice there is nothing to do; what is new needs a reference of its own",
        "若系重发则无须处理；新内容须用新的参考号",
    ),
    "27": SyntaxErrorCode(_OLD, "a security function is not supported", "不支持该安全功能", *_ASK),
    "28": SyntaxErrorCode(
        _ALL,
        "the references in header and trailer differ",
        "首尾段的参考号不一致",
        "repeat the header's reference in the trailer",
        "请在结尾段重复首段的参考号",
    ),
    "29": SyntaxErrorCode(
        _ALL,
        "a control count is not what was received",
        "控制计数与实收不符",
        "if nothing was lost on the way, correct the count; else send it whole",
        "若途中无丢失，请更正计数；否则请完整重发",
    ),
    "30": SyntaxErrorCode(_ALL, "groups and messages are mixed", "功能组与报文混用", "put all messages into groups, or none", "报文要么全部入组，要么都不入组"),
    "31": SyntaxErrorCode(
        _OLD, "more than one type of message in a group", "功能组内有多种报文", "make a group for each type of message", "每种报文各建一个功能组"
    ),
    "32": SyntaxErrorCode(_ALL, "there is nothing in it", "其中没有内容", "leave it out, or send what belongs in it", "请删除，或补上内容"),
    "33": SyntaxErrorCode(
        _ALL,
        "something stands outside any message or group",
        "有内容位于报文或功能组之外",
        "put it between UNH and UNT, or leave it out",
        "请放入 UNH 与 UNT 之间，或删除",
    ),
    "34": SyntaxErrorCode(
        _OLD, "explicit nesting is not allowed", "不允许显式嵌套", "write the segment tag without nesting indicators", "段标识后请不带嵌套标志"
    ),
    "35": SyntaxErrorCode(_ALL, "repeated too often", "重复次数过多", "remove the excess", "请删除多余部分"),
    "36": SyntaxErrorCode(
        _ALL, "a segment group is repeated too often", "段组重复次数过多", "remove the excess, or send two messages", "请删除多余部分，或分为两份报文"
    ),
    "37": SyntaxErrorCode(_ALL, "letters where digits belong, or the other way round", "字符类型不符", *_ELEMENT),
    "38": SyntaxErrorCode(_OLD, "no digit before the decimal mark", "小数点前没有数字", "write a 0 before it", "请在其前写 0"),
    "39": SyntaxErrorCode(_ALL, "a data element is too long", "数据元过长", *_ELEMENT),
    "40": SyntaxErrorCode(_ALL, "a data element is too short", "数据元过短", *_ELEMENT),
    "41": SyntaxErrorCode(
        _OLD, "the network failed for good", "通信网络永久故障", "ask the operator of the network before sending it again", "重发前请询问网络运营方"
    ),
    "42": SyntaxErrorCode(_OLD, "the network failed for a while", "通信网络暂时故障", *_LATER),
    "43": SyntaxErrorCode(_OLD, "the recipient is unknown", "收件方未知", "check UNB S003 and its qualifier", "请核对 UNB S003 及其限定符"),
    "44": SyntaxErrorCode(_OLD, "the application is not available for a while", "应用系统暂不可用", *_LATER),
    "45": SyntaxErrorCode(_NEW, "separators stand before nothing", "分隔符后没有内容", "cut off the separators at the end", "请删除末尾的分隔符"),
    "46": SyntaxErrorCode(_NEW, "the character set is not supported", "不支持该字符集", "send in the character set that was agreed", "请使用约定的字符集"),
    "47": SyntaxErrorCode(_NEW, "a function of the envelope is not supported", "不支持信封的该项功能", *_ASK),
    "48": SyntaxErrorCode(
        _NEW,
        "elements that depend on one another do not agree",
        "相互依赖的数据元不一致",
        "fill in or leave out what depends on one another",
        "请按相互关系填写或省略",
    ),
}
"""0085."""
